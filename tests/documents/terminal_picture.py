"""The picture of the terminal in the README: `python -m tests.documents.terminal_picture` renews it."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from jobs_source.settings import CREDENTIALS_VARIABLE
from jobs_source.standin import Clock, StandIn
from tests.conftest import ROOT, START

COMMANDS: Final = (
    "salesforce-jobs load",
    'salesforce-jobs sql "select object, operation, count(*) as jobs, sum(records_failed) as records_failed\n'
    '    from job_history where is_failed_in_part group by object, operation order by records_failed desc limit 2"',
)
JOBS: Final = 500
README: Final = ROOT / "README.md"
BLOCK: Final = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)


def render() -> str:
    """Run the commands against a stand-in org that is always the same, and return what a terminal shows."""
    with tempfile.TemporaryDirectory() as folder, StandIn(jobs=JOBS, seed=7, clock=Clock(START, frozen=True)) as org:
        org.org.clock.advance(seconds=60)
        keys = {
            "INSTANCE_URL": org.url,
            "CLIENT_ID": org.org.client_id,
            "CLIENT_SECRET": org.org.client_secret,
        }
        variables = {f"{CREDENTIALS_VARIABLE}__{key}": value for key, value in keys.items()}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "PYTHONPATH": str(ROOT),
            "PYTHONUTF8": "1",
        } | variables
        shown = "\n".join(f"$ {command}\n{_run(command, Path(folder), environment)}" for command in COMMANDS)
    return re.sub(r" \d\.\d  ok\n", " 1.2  ok\n", shown)  # the seconds: they differ from machine to machine


def _run(command: str, folder: Path, environment: dict[str, str]) -> str:
    program = [sys.executable, "-m", "pipelines", *shlex.split(command)[1:]]
    done = subprocess.run(program, cwd=folder, env=environment, capture_output=True, check=True, encoding="utf-8")
    return "\n".join(line.rstrip() for line in done.stdout.splitlines()) + "\n"


if __name__ == "__main__":
    README.write_text(BLOCK.sub(lambda _: render(), README.read_text(encoding="utf-8"), count=1), encoding="utf-8")
