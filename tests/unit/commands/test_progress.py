"""What a run shows while it goes on."""

import io
import os
import pty
import time

import pytest

from jobs_source.commands.progress import Progress


class Clock:
    """Stands in for time.monotonic: moves on when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def test_elsewhere_it_is_a_plain_line_every_five_seconds_and_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages, jobs and jobs per second of both tables together; dlt's own counters leave it alone."""
    clock, stream = Clock(monkeypatch), io.StringIO()
    with Progress(stream)("Extract salesforce_jobs") as shown:
        for name in ("jobs", "query_jobs", "jobs"):
            clock.now += 2
            shown.update(f"{name}: pages", 1)
            shown.update(f"{name}: jobs", 1_000)
            shown.update("jobs", 17)
        clock.now += 4
    assert stream.getvalue() == (
        "Extract salesforce_jobs: 3 pages, 2,000 jobs, 333 jobs/s\n"
        "Extract salesforce_jobs: 3 pages, 3,000 jobs, 300 jobs/s\n"
    )


def test_a_step_without_pages_says_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt's normalize and load are no news in a log."""
    Clock(monkeypatch)
    stream = io.StringIO()
    with Progress(stream)("Load") as shown:
        shown.update("Jobs", 3)
    assert stream.getvalue() == ""


def test_on_a_terminal_it_is_one_line_written_over_and_wiped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real terminal, as far as the program can tell."""
    clock = Clock(monkeypatch)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        with Progress(terminal)("Extract") as shown:
            clock.now += 1
            shown.update("jobs: pages", 1)
            shown.update("jobs: jobs", 1_000)
            clock.now += 1
        terminal.flush()
        written = ""
        while written.count("\r") < 4:  # a terminal gives what is there, and that may be a part
            written += os.read(ours, 10_000).decode()
    os.close(ours)
    assert written.split("\r") == [
        "",
        "Extract\033[K",
        "Extract: 1 page, 0 jobs, 0 jobs/s\033[K",
        "Extract: 1 page, 1,000 jobs, 500 jobs/s\033[K",
        "\033[K",
    ]


def test_look_ups_are_counted_done_and_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """A further round of them adds to what is due; what dlt says of its files is left out."""
    clock, stream = Clock(monkeypatch), io.StringIO()
    with Progress(stream)("Extract salesforce_jobs in 1795783921.8") as shown:
        shown.update("job_results: look-ups due", 2_000)
        shown.update("job_results: look-ups", 1_499)
        clock.now += 5
        shown.update("job_results: look-ups", 1)
        shown.update("job_errors: look-ups due", 300)
    assert stream.getvalue() == (
        "Extract salesforce_jobs: 1,500 look-ups done, 500 due\nExtract salesforce_jobs: 1,500 look-ups done, 800 due\n"
    )


def test_a_narrow_terminal_loses_the_name_of_the_step_and_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty columns hold pages, jobs and jobs per second."""
    clock = Clock(monkeypatch)
    monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((40, 24)))
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        with Progress(terminal)("Extract salesforce_jobs") as shown:
            shown.update("jobs: pages", 26)
            clock.now += 2
            shown.update("jobs: jobs", 25_000)
        written = ""
        while written.count("\r") < 4:
            written += os.read(ours, 10_000).decode()
    os.close(ours)
    line = "26 pages, 25,000 jobs, 12,500 jobs/s\033[K"
    assert written.split("\r") == ["", "Extract salesforce_jobs\033[K", line, line, "\033[K"]


def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot renew a line, and would show the codes for that."""
    clock = Clock(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        with Progress(terminal)("Extract") as shown:
            shown.update("jobs: pages", 1)
            clock.now += 5
        terminal.write("end")
        terminal.flush()
        written = ""
        while not written.endswith("end"):
            written += os.read(ours, 10_000).decode()
    os.close(ours)
    assert written == "Extract: 1 page, 0 jobs, 0 jobs/s\r\nend"
