"""`report`: writes the figures of a period into one file."""

import argparse
import os
import sys
import webbrowser
from datetime import datetime, timezone
from io import TextIOWrapper
from pathlib import Path
from typing import Final, NamedTuple

from jobs_source.commands.json_lines import print_line
from jobs_source.dashboard.database import opening_database
from jobs_source.dashboard.figures import Figures, read_figures
from jobs_source.dashboard.filters import Filters
from jobs_source.dashboard.markdown import write_markdown
from jobs_source.dashboard.org_choice import find_org
from jobs_source.dashboard.sections import write_report
from jobs_source.dashboard.wording import period_text
from jobs_source.exceptions import ConfigError
from jobs_source.wording import counted

_STANDARD_OUTPUT: Final = "-"
_MARKDOWN: Final = (".md", ".markdown")


class _Choice(NamedTuple):
    """Where the report goes, and what it is written in."""

    out: str
    is_html: bool


def report(options: argparse.Namespace) -> int:
    """
    Write the report of the last days as HTML or Markdown, to a file or to standard output.

    Raises:
        ConfigError: If an option cannot work, the file cannot be written, or the destination is no SQL database.
        NothingLoadedError: If nothing was loaded there yet.
    """
    now, choice = datetime.now(timezone.utc), _choose(options)
    filters = Filters.last_days(options.days, now)
    if choice.is_html:
        import jobs_source.dashboard.html  # noqa: F401 - says at once that it is not installed
    place = f"{options.dataset} of {options.destination}"
    with opening_database(options.destination, options.dataset, "report") as database:
        if options.org:
            filters = Filters.last_days(options.days, now, org_id=find_org(database, options.org, place))
        figures = read_figures(database, filters)
    _hand_out(_write(figures, place, now, choice.is_html), figures, choice, options)
    return 0


def _choose(options: argparse.Namespace) -> _Choice:
    is_named = Path(options.out or "").suffix.lower() in _MARKDOWN
    form = options.format or ("md" if is_named else "html")
    out = options.out or f"report.{form}"
    if out == _STANDARD_OUTPUT and options.open:
        raise ConfigError("--open opens a file, and --out - writes none. Leave one of them out.")
    return _Choice(out, form == "html")


def _write(figures: Figures, place: str, now: datetime, is_html: bool) -> str:
    written = write_report(figures, place, now)
    if not is_html:
        return write_markdown(written)
    from jobs_source.dashboard.html import write_html

    return write_html(written, figures)


def _hand_out(text: str, figures: Figures, choice: _Choice, options: argparse.Namespace) -> None:
    if choice.out == _STANDARD_OUTPUT:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        print(text, end="", flush=True)
        return
    path = Path(choice.out).expanduser().resolve()
    _write_file(path, text)
    jobs, period = figures.totals["jobs"], period_text(figures.filters)
    if options.json:
        print_line({"file": str(path), "bytes": path.stat().st_size, "jobs": jobs})
    else:
        print(f"{choice.out}: {counted(jobs, 'job')} from {period}")
    if options.open:
        webbrowser.open(path.as_uri())


def _write_file(path: Path, text: str) -> None:
    """Write *text* beside *path* and put it there when it is whole; into what is no file, such as a pipe, at once."""
    is_special = path.exists() and not path.is_file()
    draft = path if is_special else path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        if not is_special:
            draft.replace(path)
    except OSError as error:
        if not is_special:
            draft.unlink(missing_ok=True)
        raise ConfigError(
            f"The report cannot be written to {path}: {error.strerror}. Choose another file with --out."
        ) from error
