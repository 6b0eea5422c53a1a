"""DuckDB files that loads have filled: made by the first test that wants one, copied for the others."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from dlt.common.versioned_state import compress_state, decompress_state, json_decode_state, json_encode_state
from filelock import FileLock

from tests.runs.default_run import default_target
from tests.warehouses import DATASET

FILE = Path("jobs_history.duckdb")


class SavedLoads:
    """
    Saves what each test or fixture loads, under a name of its own. All who ask by one name have the same jobs.

    The files are in *folder*, where the processes of one test run share them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, name: str, load: Callable[[], object]) -> None:
        """Let *load* fill the file in the current folder, or copy what it left another time."""
        saved, target = self._folder / f"{name}.duckdb", self._folder / f"{name}.target"
        with FileLock(self._folder / f"{name}.lock"):
            if not target.exists():
                load()
                shutil.copy(FILE, saved)
                target.write_text(default_target(), encoding="utf-8")  # the place of the load, as the state has it
                return
        shutil.copy(saved, FILE)
        _move_cursor(target.read_text(encoding="utf-8"), default_target())


def _move_cursor(old: str, new: str) -> None:
    """Have the state name this place: a cursor of another one would not be trusted."""
    with duckdb.connect(str(FILE)) as connection:
        connection.execute(f"use {DATASET}")
        found = connection.execute("select pipeline_name, version, state from _dlt_pipeline_state").fetchall()
        for name, version, text in found:
            state: Any = decompress_state(text)
            moved: Any = json_decode_state(json_encode_state(state).replace(old, new))
            connection.execute(
                "update _dlt_pipeline_state set state = ? where pipeline_name = ? and version = ?",
                [compress_state(moved), name, version],
            )
