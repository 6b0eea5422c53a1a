"""Each kind of warning is told once in a run: on standard error, or in the JSON."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from dlt.common import logger

from jobs_source.commands.notices import listening, take_notices
from jobs_source.commands.parser import main
from jobs_source.standin import StandIn
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


def warnings_of(shown: str) -> list[str]:
    """The lines that are no line of progress."""
    return [line for line in shown.splitlines() if not line.startswith("Extract ")]


@pytest.mark.long
@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("my-data", "my_data"),
        pytest.param("MyData", "my_data", marks=pytest.mark.long),
        pytest.param("my data", "my_data", marks=pytest.mark.long),
        pytest.param("1data", "_1data", marks=pytest.mark.long),
    ],
)
def test_an_odd_name_of_a_dataset_is_one_warning_and_its_real_name_is_reported(
    given: str,
    name: str,
    standin: StandIn,
    log_in: LogIn,
    warehouse: Warehouse,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By every command. It is the same dataset under both names, so the second run goes on where the first ended."""
    standin.org.add_jobs(30)
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    where = ["--destination", warehouse.destination, "--dataset"]
    warning = f"The dataset is {name}, because dlt cannot use the name {given!r} as it is."

    assert main(["load", *where, given]) == 0
    shown = capsys.readouterr()
    assert f" into {warehouse.destination} ({name}); " in shown.out
    assert warnings_of(shown.err) == [f"Warning: {warning}"]
    purge = ["purge", "--yes", "--user-id", "005000000000001"]
    for command in (["load", "--full"], ["check"], ["status"], purge):
        assert main([*command, "--json", *where, given]) == 0
        shown = capsys.readouterr()
        lines = [json.loads(line) for line in shown.out.splitlines()]
        assert [text for line in lines for text in line["warnings"]] == [warning]
        assert warnings_of(shown.err) == []
        assert {line["dataset"] for line in lines if "dataset" in line} <= {name}
    assert main(["sql", "--json", *where, given, "select count(*) as jobs from query_jobs"]) == 0
    assert warnings_of(capsys.readouterr().err) == [f"Warning: {warning}"]
    assert main(["load", "--json", *where, name]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["is_full"], again["jobs_new"], again["warnings"]) == (False, 0, [])


def test_files_are_loaded_without_a_warning_of_dlts_own(
    standin: StandIn,
    log_in: LogIn,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What dlt says of each table in each step is one sentence of the summary."""
    standin.org.add_jobs(30)
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(workplace / "lake"))
    for _ in range(2):
        assert main(["load", "--destination", "filesystem"]) == 0
        shown = capsys.readouterr()
        assert shown.out.count("Warning: ") == shown.out.count("This destination cannot merge") == 1
        assert warnings_of(shown.err) == []


def test_a_kind_is_told_once_until_it_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Of dlt a line of its code, of ours a text. Below warnings nothing changes."""
    dlts = logging.LogRecord("dlt", logging.WARNING, "/packages/dlt/load.py", 7, "table %s is odd", ("x",), None)
    with listening(as_json=False, is_verbose=False):
        for _ in range(3):
            logger.warning("ours, one")
            logger.warning("ours, two")
            logging.getLogger("dlt").handle(dlts)
        assert take_notices() == ["ours, one", "ours, two", "table x is odd"]
        assert take_notices() == []
        logger.warning("ours, one")
    assert capsys.readouterr().err.splitlines() == [
        "Warning: ours, one",
        "Warning: ours, two",
        "Warning: table x is odd",
        "Warning: ours, one",
    ]


def test_what_no_json_has_taken_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a traceback only the last line."""
    with listening(as_json=True, is_verbose=False):
        logger.error("The job failed.\nTraceback (most recent call last):\n  File x\n    y\nValueError: no")
        assert capsys.readouterr().err == ""
    assert capsys.readouterr() == ("", "Warning: The job failed. ValueError: no\n")


def test_a_long_text_of_dlt_is_cut() -> None:
    """Ours are whole."""
    with listening(as_json=True, is_verbose=False):
        record = logging.LogRecord("dlt", logging.WARNING, "/packages/dlt/load.py", 7, "x" * 999, (), None)
        logging.getLogger("dlt").handle(record)
        assert take_notices() == [f"{'x' * 300}..."]
