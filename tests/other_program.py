"""Another program that has the DuckDB file open, to read it or to write to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = Path("jobs_history.duckdb")
HELD_OPEN = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reader")
print(connection.execute("select count(*) from salesforce_jobs.jobs").fetchall()[0][0], flush=True)
for line in sys.stdin:
    print(connection.execute("select count(*) from salesforce_jobs.jobs").fetchall()[0][0], flush=True)
"""


class OtherProgram:
    """Another program that has the file open."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.pid = process.pid
        self.jobs_at_first = self._read()

    def count_jobs(self) -> int:
        assert self._process.stdin is not None
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextmanager
def other_program(kind: str, path: Path = FILE) -> Iterator[OtherProgram]:
    command = [sys.executable, "-c", HELD_OPEN, str(path), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield OtherProgram(process)
        finally:
            process.kill()
