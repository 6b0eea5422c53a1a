"""What the installed program must be able to do, wherever and however it was installed."""

import shutil

import jobs_source
from jobs_source.standin import StandIn
from tests.conftest import ROOT
from tests.environments import Installed

COMMANDS = [
    (["--version"], 0, f"salesforce-jobs {jobs_source.__version__}"),
    (["demo"], 0, "\nAn hour later: five new jobs, seventeen changed. Second load:\n"),
    (["status"], 1, "Nothing was loaded into salesforce_jobs of duckdb yet"),
    (["check"], 0, "/jobs_history.duckdb will be made by the first load"),
    (["load"], 0, ": loaded into duckdb (salesforce_jobs); full load; "),
    (["status"], 0, "\nLast runs of "),
    (["sql", "--format", "csv", "select count(*) as jobs from jobs"], 0, "jobs\n3\n"),
]
"""Command lines in their order, each with its exit code and words that it says."""
FEW_COMMANDS = [row for row in COMMANDS if row[0][0] in ("--version", "load", "sql")]
_COUNT = """
import duckdb
print(duckdb.connect("my_bulk_history.duckdb").execute("select count(*) from bulk_history.jobs").fetchall())
"""


def try_all(installed: Installed, standin: StandIn) -> None:
    """Run every command against *standin*, then README's pipeline."""
    try_commands(installed, standin, COMMANDS)
    shutil.copy(ROOT / "pipelines" / "own_pipeline.py", installed.folder)
    for program, words in ((["own_pipeline.py"], ""), (["-c", _COUNT], "[(3,)]")):
        ended, said = installed.run_python(*program)
        assert (ended, said) == (0, words), said


def try_commands(installed: Installed, standin: StandIn, commands: list[tuple[list[str], int, str]]) -> None:
    """
    Run *commands* against *standin*.

    What dlt would report to its makers would come to *standin*, too, which knows no such request.
    """
    standin.org.add_jobs(3, job_type="V2Ingest", state="JobComplete")
    standin.org.clock.advance(seconds=60)
    installed.environment.update(credentials_for(standin))
    installed.environment["RUNTIME__DLTHUB_TELEMETRY_ENDPOINT"] = f"{standin.url}/reports"
    for arguments, code, words in commands:
        ended, said = installed.run(*arguments)
        assert (arguments, ended, words in f"\n{said}\n") == (arguments, code, True), said


def credentials_for(standin: StandIn) -> dict[str, str]:
    """The environment's names for client credentials of *standin*."""
    values = {
        "INSTANCE_URL": standin.url,
        "CLIENT_ID": standin.org.client_id,
        "CLIENT_SECRET": standin.org.client_secret,
    }
    return {f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}": value for key, value in values.items()}
