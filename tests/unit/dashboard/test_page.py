"""What the dashboard makes of rows that lack something, or that hold more than text."""

import pytest

from jobs_source.commands.parser import main
from jobs_source.dashboard import page
from tests.figures import failure, make_figures


def test_a_job_without_times_or_names_is_shown() -> None:
    """Salesforce may list one without; what is not known is said or empty."""
    bare = failure(failed_at=None, object=None, operation=None, created_by=None, reason=None, url=None)
    assert "unknown" in page.failures(make_figures()._replace(failures=[bare])).text


def test_an_address_in_a_text_is_no_picture() -> None:
    """marimo would fetch it: each text of the data is HTML already, with all signs escaped."""
    odd = failure(created_by="http://127.0.0.2:9/u.png", reason="<b>x</b> https://127.0.0.2:9/r.svg")
    shown = page.failures(make_figures()._replace(failures=[odd])).text
    assert "span" in shown
    assert "<b>x</b>" not in shown


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--public-host", "jobs.example.com:8443"), "--public-host jobs.example.com:8443: it has to be a name"),
        (("--public-host", "*"), "--public-host *: it has to be a name"),
        (("--public-host", "a*"), "--public-host a*: it has to be a name"),
        (("--host", "192.0.2.1"), "The dashboard cannot listen on 192.0.2.1, port 2718: "),
        (("--destination", "nosuch"), "There is no destination nosuch"),
        (("--destination", "filesystem"), "`dashboard` needs a SQL database, and filesystem is not one."),
    ],
)
def test_what_cannot_work_ends_at_once(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With exit code 2, before it listens."""
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: pytest.fail("it listens"))
    assert main(["dashboard", *options]) == 2
    assert said in capsys.readouterr().err
