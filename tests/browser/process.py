"""The dashboard as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs_source.commands.exit_codes import INTERRUPTED
from tests.conftest import with_our_code

_LIMIT = 30  # seconds, to start and to stop


@contextmanager
def serving(file: Path, folder: Path, *options: str) -> Iterator[str]:
    """Serve the DuckDB *file* on a free port, with *folder* as the current one; give the address."""
    environment = {
        **with_our_code(), "DESTINATION__DUCKDB__CREDENTIALS": str(file), "DLT_DATA_DIR": str(folder / "dlt"),
        "PYTHONUNBUFFERED": "1", "XDG_CONFIG_HOME": str(folder),
    }  # fmt: skip
    command = [sys.executable, "-m", "pipelines", "dashboard", "--port", "0", *options]
    with (folder / "dashboard.log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert " http://" in said, (folder / "dashboard.log").read_text()
        yield said.split()[-1]
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_LIMIT)
        finally:
            process.kill()
    assert process.returncode == INTERRUPTED


def log_of(folder: Path) -> str:
    """What the dashboard of this *folder* said to standard error."""
    return (folder / "dashboard.log").read_text()
