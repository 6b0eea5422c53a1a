"""`check --survey` prints a text that can be published: nothing in it is an org's own."""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from jobs_source.commands.parser import main
from jobs_source.standin import Clock, StandIn
from jobs_source.standin.org.seed import NAMES
from tests.conftest import ROOT, START
from tests.surveys import fill

LogIn = Callable[..., None]
OWN_OBJECTS = ("Zyxwidget__c", "zyxns__Qoozle__c", "Zyxlog__b")
MESSAGE = "zyxmessage: duplicate value found: Zyx_Ref__c of Quentin Zyxmann <q.zyxmann@zyxcorp.example>"
ODD = {
    "errorMessage": MESSAGE,
    "externalIdFieldName": "Zyx_Ref__c",
    "zyxKey_of_Mine__c": "zyxvalue one",
    "Zyx Key": "zyxvalue two",
    "750Zyx00000001": "zyxvalue three",
    "zyxmann@zyxcorp.example": 4,
    "state": "Zyxstate of Quentin",
    "operation": "zyxoperation",
    "contentType": "ZYX_TYPE__c",
    "concurrencyMode": "zyxmode@zyxcorp.example",
    "lineEnding": "zyxline",
    "apiVersion": "zyxversion",
    "contentUrl": "https://zyxcorp.my.salesforce.com/services/data/zyx",
    "createdDate": "zyx o'clock",
}


def fill_with_own(standin: StandIn, page_size: int) -> None:
    """Jobs on objects of a customer, and rows with odd values in every field."""
    types = ("V2Ingest", "Classic", "V2Query")
    for number, job_type in enumerate(types * 2):
        name = OWN_OBJECTS[number % len(OWN_OBJECTS)]
        standin.org.add_jobs(71, job_type=job_type, object=name, errorMessage=MESSAGE)
    for number in range(29):
        for listing in ("ingest", "query"):
            odd = {"id": f"750Zyx0000000{number:02}AAA", "createdById": f"005Zyx0000000{number:02}AAA", **ODD}
            standin.org.add_raw_entry({**odd, "jobType": types[number % 3]}, listing)
    fill(standin, 71, page_size)


def own_values(standin: StandIn) -> set[str]:
    """Every value that is the org's own: ids, names, addresses, secrets, locators, objects, messages."""
    org = standin.org
    found = {org.org_id, org.client_id, org.client_secret, org.refresh_token, org.username, standin.url, MESSAGE}
    found |= {standin.url.rpartition("/")[2], standin.url.rpartition(":")[2], "127.0.0.1"}
    found |= {text for user in org.users for text in (user.id, user.name, user.username)} | set(NAMES)
    found |= {text for job in org.jobs.values() for text in (job.id, job.created_by_id, str(job.kind.object))}
    found |= {part for name in OWN_OBJECTS for part in (name, *name.split("__")) if len(part) > 1}
    found |= {text for texts in ODD.items() for text in texts if isinstance(text, str)} - set(STANDARD_KEYS)
    for request in standin.requests:
        found |= {request.headers.get("Authorization", "").removeprefix("Bearer ")}
        found |= {locator for name, locator in request.query.items() if name == "queryLocator"}
    return found - {"", "None", "User"}


STANDARD_KEYS = (
    "errorMessage", "externalIdFieldName", "state", "operation", "contentType", "concurrencyMode", "lineEnding",
    "apiVersion", "contentUrl", "createdDate",
)  # fmt: skip


def in_all_forms(values: set[str]) -> Iterator[str]:
    """Ids with 15 characters too, and each value in base64 and as in an address."""
    for value in values | {value[:15] for value in values if re.fullmatch(r"\w{18}", value)}:
        yield from (value, quote(value, safe=""), value.lower(), value.upper())
        for coded in (base64.b64encode(value.encode()), base64.urlsafe_b64encode(value.encode())):
            yield coded.decode().rstrip("=")


def find_own(text: str, standin: StandIn) -> list[str]:
    """The values of the org's own that are in *text*, as words of their own if they are short."""
    words = set(re.findall(r"[\w.@:/<>-]+", text))
    return [form for form in in_all_forms(own_values(standin)) if form in words or (len(form) > 7 and form in text)]


def test_a_value_would_be_found(standin: StandIn) -> None:
    """In each form."""
    fill_with_own(standin, 60)
    id_ = next(iter(standin.org.jobs))
    coded = base64.b64encode(id_.encode()).decode()
    for text in (
        id_,
        id_[:15],
        coded,
        quote(MESSAGE),
        standin.org.users[1].name,
        "Zyxwidget",
        standin.url,
        "127.0.0.1",
    ):
        assert find_own(f"states: {text}", standin) != []
    assert find_own("states: Open, Closed", standin) == []


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--verbose"]], ids=str)
@pytest.mark.parametrize("page_size", [60, 150, 1000])
def test_no_value_of_the_orgs_own_is_printed(
    page_size: int, arguments: list[str], standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither on standard output nor beside it; and no number of jobs."""
    fill_with_own(standin, page_size)
    log_in(standin)

    assert main(["check", "--survey", *arguments]) == 0

    shown = capsys.readouterr()
    assert shown.err == ""
    assert "zyx" not in shown.out.lower()
    assert "quentin" not in shown.out.lower()
    assert find_own(shown.out, standin) == []
    assert set(re.findall(r"\d[\d,.]*\d|\d", shown.out)) <= {
        *("64.0", "68.0", "1.0", "1", "2", "3", "15", "14", "13", "12", "11", "10", "9"),  # versions, pages, calls
        *("10", "99", "100", "999", "1,000", "400", "404", "0000", "0", "8"),  # magnitudes, statuses, +0000, 0r8
    }


def test_what_an_error_says_is_not_printed(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Only its code, if it looks like one; and only where the API puts it."""
    fill_with_own(standin, 60)
    log_in(standin)
    bodies: list[Any] = [
        [{"errorCode": "INVALID_FIELD", "message": MESSAGE}],
        [{"errorCode": MESSAGE, "message": MESSAGE}],
        {"error": "ZYXMANN", "error_description": MESSAGE},
        {"exceptionCode": "zyxcorp.example", "exceptionMessage": MESSAGE},
        f"<error><exceptionCode>InvalidBatch</exceptionCode><exceptionMessage>{MESSAGE}</exceptionMessage></error>",
        f"<html><h1>{MESSAGE}</h1></html>",
        f"{MESSAGE} at zyxproxy.example",
        {"records": MESSAGE, "done": MESSAGE},
    ]
    for status in (200, 302, 400, 404, 500):
        for shift in range(0, len(bodies), 3):
            for place in range(2, 16):
                body = bodies[(place + shift) % len(bodies)]
                headers = {"Location": "https://zyxcorp.example/?q=Zyxwidget__c"}
                standin.misbehave("status", at=place, status=status, body=body, headers=headers)
            assert main(["check", "--survey"]) == 0
            shown = capsys.readouterr()
            assert "zyx" not in f"{shown.out}{shown.err}".lower()
            assert find_own(shown.out, standin) == []
            standin._faults.clear()


def test_keys_that_are_not_documented_are_named(
    standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """If they look like keys of the API; without their values."""
    fill(standin, 0)
    standin.org.add_raw_entry({"id": "750", "newThing": "zyx", "other_Thing__c": "zyx"})
    standin.org.clock.advance(seconds=5)
    log_in(standin)
    assert main(["check", "--survey"]) == 0
    assert "keys in the lists that are not documented: newThing, others that are not shown" in capsys.readouterr().out


def test_json_is_one_line_with_the_same(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """Question by question."""
    fill(standin, page_size=1000)
    log_in(standin)
    assert main(["check", "--survey"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["check", "--survey", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    told = json.loads(line)
    assert list(told) == ["org", "answers"]
    assert told["org"] == 1
    assert [f"{question}: {answer}" for question, answer in told["answers"].items()] == lines
    assert all(re.fullmatch(r"[\w ,./:'+-]+: [\w ,./:'+()-]+", line) for line in lines)


def test_several_orgs_are_numbered_and_not_named(
    log_in: LogIn, capsys: pytest.CaptureFixture[str], no_secret_is_left: object
) -> None:
    """One that refuses the login is an error, and the next one is surveyed."""
    with (
        StandIn(clock=Clock(START, frozen=True), seed=1) as one,
        StandIn(clock=Clock(START, frozen=True), seed=2) as two,
    ):
        fill(one, page_size=1000)
        fill(two, page_size=1000)
        for name, standin in (("zyxcorp", one), ("zyxplan", two)):
            log_in(standin, name)
        assert main(["check", "--survey", "--all-orgs"]) == 0
        shown = capsys.readouterr()
        assert [line for line in shown.out.splitlines() if line.startswith("org")] == ["org 1 of 2", "org 2 of 2"]
        assert "zyx" not in shown.out
        one.org.client_secret = "another"
        assert main(["check", "--survey", "--all-orgs"]) == 2
        shown = capsys.readouterr()
        assert shown.out.startswith("org 2 of 2\n")
        assert shown.err.startswith("zyxcorp: ")
        assert main(["check", "--survey", "--all-orgs", "--json"]) == 2
        refused, told = map(json.loads, capsys.readouterr().out.splitlines())
        assert (refused["org"], refused["exit_code"], told["org"]) == ("zyxcorp", 2, 2)


@pytest.mark.parametrize(
    ("path", "fault", "exit_code"),
    [
        ("/token", {"status": 400, "body": {"error": "invalid_client", "error_description": "why"}}, 2),
        ("/token", {"status": 503}, 1),
    ],
)
def test_a_refused_login_is_an_ordinary_error(
    path: str,
    fault: dict[str, Any],
    exit_code: int,
    standin: StandIn,
    log_in: LogIn,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is tried once: a try is a call."""
    log_in(standin)
    standin.misbehave("status", path=path, times=None, **fault)
    assert main(["check", "--survey"]) == exit_code
    shown = capsys.readouterr()
    assert (shown.out, len(standin.requests)) == ("", 1)
    assert "sources.jobs_source.credentials" in shown.err or "Run again" in shown.err


def test_a_token_that_has_expired_is_an_ordinary_error(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in `check`."""
    for key, value in {"INSTANCE_URL": standin.url, "ACCESS_TOKEN": f"{standin.org.org_id}!expired"}.items():
        monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__CREDENTIALS__{key}", value)
    assert main(["check", "--survey"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Set a new access_token" in shown.err


def test_a_configuration_that_cannot_work_is_an_ordinary_error(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is asked."""
    log_in(standin)
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__API_VERSION", "64")
    assert main(["check", "--survey"]) == 2
    assert "api_version" in capsys.readouterr().err
    assert standin.requests == []


def test_a_survey_leaves_nothing_behind(standin: StandIn, log_in: LogIn, workplace: Path) -> None:
    """No file, no row, no job."""
    fill(standin)
    log_in(standin)
    jobs, before = dict(standin.org.jobs), set(workplace.rglob("*"))
    assert main(["check", "--survey"]) == 0
    assert {path for path in workplace.rglob("*") if path.is_file()} - before == set()
    assert standin.org.jobs == jobs


def test_the_guide_shows_lines_of_a_survey(standin: StandIn, log_in: LogIn, capsys: pytest.CaptureFixture[str]) -> None:
    """In their order, and it says how many there are."""
    fill(standin)
    log_in(standin)
    assert main(["check", "--survey"]) == 0
    lines = capsys.readouterr().out.splitlines()
    guide = (ROOT / "docs" / "setup-salesforce.md").read_text(encoding="utf-8").partition("check --survey\n```")[2]
    shown = guide.partition("```text\n")[2].partition("```")[0].splitlines()
    assert [line for line in lines if line in shown] == shown
    assert f"some of the {len(lines)} lines" in guide
