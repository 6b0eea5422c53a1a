"""DuckDB files that loads have filled: made by the first test that wants one, copied for the others."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from dlt.common.versioned_state import compress_state, decompress_state, json_decode_state, json_encode_state

from tests.runs.default_run import default_target
from tests.warehouses import DATASET

FILE = Path("jobs_history.duckdb")


class SavedLoad(NamedTuple):
    """The file, and the place that it was loaded into, as the state has it."""

    content: bytes
    target: str


class SavedLoads:
    """Saves a load or more for each who asks by a name of its own. All who ask by one name have the same jobs."""

    def __init__(self) -> None:
        self._saved: dict[str, SavedLoad] = {}

    def load(self, name: str, load: Callable[[], object]) -> None:
        """Have *load* fill the file in the current folder, or copy what it left another time."""
        if name in self._saved:
            FILE.write_bytes(self._saved[name].content)
            _move_cursor(self._saved[name].target, default_target())
        else:
            load()
            self._saved[name] = SavedLoad(FILE.read_bytes(), default_target())


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
