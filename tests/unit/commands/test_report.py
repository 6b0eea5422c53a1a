"""`report`: writes the figures of a period into one file."""

import json
import re
import sys
import webbrowser
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from jobs_source.commands.parser import main
from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.conftest import START
from tests.kept_rows import ORG, given, keep, make_views
from tests.warehouses import DATASET, Warehouse, on_duckdb, on_postgres

LogIn = Callable[..., None]
Captured = pytest.CaptureFixture[str]
NOW = datetime.now(timezone.utc)
OTHER = f"{ORG[:-1]}1"


def report(warehouse: Warehouse, *options: str) -> int:
    return main(["report", "--destination", warehouse.destination, *options])


def keep_some(warehouse: Warehouse) -> None:
    """Two orgs: three jobs of one section, of which one failed, and one job of the other, forty days old."""
    make_views(warehouse)
    long_ago = NOW - timedelta(days=90)
    keep(
        warehouse,
        given("runs", run_id="r1", org="prod", started_at=NOW, ended_at=NOW),
        given("runs", run_id="r2", org="uat", org_id=OTHER, started_at=NOW, ended_at=NOW),
        given("runs", run_id="r0", org="prod", started_at=long_ago, ended_at=long_ago),
        *(given("jobs", id=f"j{number}", created_date=NOW, system_modstamp=NOW) for number in (1, 2)),
        given("jobs", id="j3", created_date=NOW, system_modstamp=NOW, state="Failed"),
        given("jobs", id="j4", org_id=OTHER, created_date=NOW - timedelta(days=40), system_modstamp=NOW),
        given("job_results", id="j3", outcome="all_failed", error_message="no such field"),
    )


@on_postgres
def test_a_report_has_the_jobs_of_the_period_and_the_org(warehouse: Warehouse, capsys: Captured) -> None:
    """As HTML and as Markdown, whose form follows the name of the file; an org is named by its section or its id."""
    keep_some(warehouse)
    for options, jobs in (
        ((), 3),
        (("--days", "41"), 4),
        (("--days", "41", "--org", "uat"), 1),
        (("--org", OTHER), 0),
        (("--org", ORG[:15]), 3),
        (("--org", "prod"), 3),
    ):
        assert report(warehouse, *options, "--out", "r.md") == 0
        assert f"| {jobs} |" in re.findall(r"^\| Jobs .*", Path("r.md").read_text(encoding="utf-8"), re.MULTILINE)[0]
        said, _, _ = capsys.readouterr().out.partition(" from ")
        assert said == f"r.md: {jobs} job{'' if jobs == 1 else 's'}"
    assert report(warehouse) == 0
    page = ElementTree.fromstring(Path("report.html").read_text(encoding="utf-8"))
    assert page.findtext(".//li/strong") == "3"


@pytest.mark.long
@on_duckdb
def test_a_report_goes_where_it_is_told(
    warehouse: Warehouse, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a file of the usual name, to standard output, over an older file, through a link, and into a browser."""
    keep_some(warehouse)
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert report(warehouse, "--format", "md", "--open") == 0
    text = Path("report.md").read_text(encoding="utf-8")
    assert opened == [Path("report.md").resolve().as_uri()]
    capsys.readouterr()

    assert report(warehouse, "--format", "md", "--out", "-") == 0
    assert _timeless(capsys.readouterr().out) == _timeless(text)

    Path("old.md").write_text("old", encoding="utf-8")
    Path("link.md").symlink_to("old.md")
    assert report(warehouse, "--out", "link.md", "--json") == 0
    assert _timeless(Path("old.md").read_text(encoding="utf-8")) == _timeless(text)
    assert Path("link.md").is_symlink()
    line = json.loads(capsys.readouterr().out)
    assert line == {"file": str(Path("old.md").resolve()), "bytes": len(text.encode()), "jobs": 3, "warnings": []}

    assert report(warehouse, "--out", "/dev/null") == 0
    assert Path("/dev/null").is_char_device()
    assert not [path.name for path in Path().iterdir() if path.name.startswith((".report", ".old", ".link"))]


def _timeless(text: str) -> str:
    return re.sub(r"\d\d:\d\d UTC|\d+\.\d hours ago", "", text)


@pytest.mark.long
@on_duckdb
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--days", "0"), "--days 0: it has to be a number from 1 to 3,660."),
        (("--days", "3661"), "--days 3661: it has to be a number from 1 to 3,660."),
        (("--out", "-", "--open"), "--open opens a file, and --out - writes none. Leave one of them out."),
        (
            ("--out", "there/r.html"),
            "The report cannot be written to .*there/r.html: No such file or directory. Choose",
        ),
        (("--out", "."), "The report cannot be written to .*: Is a directory. Choose another file with --out."),
        (
            ("--org", "nobody"),
            f"--org: there is no run of nobody in {DATASET} of duckdb. `salesforce-jobs status` lists",
        ),
        (("--org", "prod"), f"--org: prod has loaded several orgs into {DATASET} of duckdb. Give one of the ids 00D"),
    ],
)
def test_an_option_that_cannot_work_is_said(
    options: tuple[str, ...], said: str, warehouse: Warehouse, capsys: Captured
) -> None:
    """With exit code 2, and no file is left."""
    make_views(warehouse)
    keep(warehouse, *(given("runs", run_id=org, org_id=org, org="prod") for org in (ORG, OTHER)))
    assert report(warehouse, *options) == 2
    assert re.match(said, capsys.readouterr().err)
    assert not [path.name for path in Path().rglob("*") if "html" in path.name]


def test_without_a_load_a_report_says_what_status_says(capsys: Captured) -> None:
    """In the same words."""
    assert main(["report"]) == 1
    said = capsys.readouterr().err
    assert main(["status"]) == 1
    assert capsys.readouterr().err == said


@on_duckdb
@pytest.mark.parametrize("package", ["altair", "jinja2", "vl_convert"])
def test_without_the_extra_html_says_how_to_install_it_and_markdown_works(
    package: str, warehouse: Warehouse, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is read."""
    keep_some(warehouse)
    monkeypatch.setitem(sys.modules, package, None)
    for name in [name for name in sys.modules if name.startswith("jobs_source.dashboard.")]:
        monkeypatch.delitem(sys.modules, name)
    assert report(warehouse) == 2
    assert re.fullmatch(
        f"The dashboard and the HTML report need the Python package {package}, which is not installed. Install it: .*"
        r"marimo altair vl-convert-python\n",
        capsys.readouterr().err,
    )
    assert report(warehouse, "--format", "md") == 0


def test_a_report_of_what_was_loaded(standin: StandIn, log_in: LogIn, capsys: Captured) -> None:
    """From an org to the page: its jobs, their links, its freshness and its calls."""
    standin.org.add_jobs(3, job_type="V2Ingest", created=standin.org.clock.now(), state="Failed")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load()

    assert main(["report", "--days", str((NOW - START).days + 8)]) == 0

    page = ElementTree.fromstring(Path("report.html").read_text(encoding="utf-8"))
    (org,) = standin_rows("select distinct org_id, instance_url from runs")
    links = [link.attrib["href"] for link in page.iter("a")]
    assert len(links) == 3
    assert all(link.startswith(f"{org[1]}/lightning/setup/AsyncApiJobStatus/") for link in links)
    assert [text for part in page.iter("p") for text in [part.text or ""] if text.startswith(f"{org[0]}: newest run")]


def standin_rows(sql: str) -> list[tuple[Any, ...]]:
    return Warehouse("duckdb", Path("jobs_history.duckdb")).query(sql)
