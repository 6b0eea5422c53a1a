"""
The commands: `salesforce-jobs load | check | status | sql | purge | demo | standin`, or `python -m pipelines ...` in
the repository.

Exit codes: 0 done; 1 failed, trying again may help; 2 configuration, credentials or permission wrong; 3 the org's API
allowance is used up; 4 another run of the same org is in progress; 130 stopped by Ctrl-C or SIGTERM; 141 the reader
of our output closed it early.
"""

import argparse
import logging
import select
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Optional

from jobs_source import __version__
from jobs_source.commands.exit_codes import worst
from jobs_source.settings import NAME

_PROGRAM: Final = "salesforce-jobs"


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code."""
    return run_command(parse(arguments))


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line. It does not import dlt, so `--help` and a mistyped option answer at once."""
    return _parser().parse_args(arguments)


def run_command(options: argparse.Namespace) -> int:
    """Run the chosen command and return its exit code."""
    from jobs_source.commands.errors import report_error

    if not options.verbose:
        logging.getLogger("dlt").addFilter(_shorten)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except BrokenPipeError as error:
        if _is_output_cut_off():
            raise
        return report_error(error, options)  # another pipe, such as a database connection
    except (Exception, KeyboardInterrupt) as error:
        return report_error(error, options)


def _is_output_cut_off() -> bool:
    """Tell whether the reader of our output has closed it."""
    poller = select.poll()
    try:
        poller.register(sys.stdout, select.POLLOUT)
    except (OSError, ValueError):  # it is no file of the system
        return False
    return any(event & select.POLLERR for _, event in poller.poll(0))


def _parser() -> argparse.ArgumentParser:
    is_installed = Path(sys.argv[0]).stem == _PROGRAM
    parser = argparse.ArgumentParser(
        prog=_PROGRAM if is_installed else "python -m pipelines",
        description="Keep the history of Salesforce bulk jobs.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    common.add_argument("--json", action="store_true", help="one line of JSON per org instead of text")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--destination", type=_name, default="duckdb", metavar="NAME", help="any dlt destination (default: duckdb)"
    )
    where.add_argument("--dataset", type=_name, default=NAME, metavar="NAME", help="default: %(default)s")
    target = argparse.ArgumentParser(add_help=False, parents=[common, where])
    orgs = target.add_mutually_exclusive_group()
    orgs.add_argument(
        "--org",
        action="append",
        metavar="NAME",
        help="an org that has its own section in the configuration (repeatable)",
    )
    orgs.add_argument("--all-orgs", action="store_true", help="every org that has credentials")
    commands = parser.add_subparsers(
        required=True, dest="name", metavar="load | check | status | sql | purge | demo | standin"
    )
    loading = commands.add_parser("load", parents=[target], help="load new and changed jobs")
    loading.add_argument("--full", action="store_true", help="merge every listed job, not only what changed")
    loading.add_argument(
        "--keep-working-dir", type=Path, metavar="DIR", help="keep the run's working directory in DIR, to inspect it"
    )
    loading.set_defaults(command=_load)
    checking = commands.add_parser("check", parents=[target], help="test whether a load would work; changes nothing")
    checking.set_defaults(command=_check)
    status = commands.add_parser(
        "status", parents=[common, where], help="show freshness, gaps, unfinished jobs, last runs"
    )
    status.add_argument("--max-age", type=float, metavar="HOURS", help="exit 1 if the newest successful run is older")
    status.add_argument(
        "--retired",
        action="append",
        metavar="ORG_ID",
        default=[],
        help="ignore an org that no longer exists (repeatable)",
    )
    status.set_defaults(command=_status)
    asking = commands.add_parser("sql", parents=[common, where], help="ask the dataset one query, read-only")
    asking.add_argument("query", metavar="QUERY", help='such as "select * from jobs"; - reads it from standard input')
    asking.add_argument(
        "--format", choices=["table", "csv", "json"], default="table", help="default: %(default)s; --json means json"
    )
    asking.set_defaults(command=_sql)
    purging = commands.add_parser("purge", parents=[common, where], help="remove one org's or one user's traces")
    whose = purging.add_mutually_exclusive_group(required=True)
    whose.add_argument("--org-id", metavar="ID", help="all rows of the org, and what is known of its runs")
    whose.add_argument("--user-id", metavar="ID", help="all rows that name the user, or are about the user's jobs")
    purging.add_argument("--yes", action="store_true", help="do not ask")
    purging.set_defaults(command=_purge)
    demo = commands.add_parser("demo", parents=[common], help="load a stand-in org twice; needs no credentials")
    demo.set_defaults(command=_demo)
    # It has a parser of its own, so that it knows nothing of us. Without "-" as a prefix all goes there as it is.
    standin = commands.add_parser("standin", add_help=False, prefix_chars="+", help="a stand-in org on loopback")
    standin.add_argument("arguments", nargs=argparse.REMAINDER)
    standin.set_defaults(command=_standin, program=standin.prog, verbose=False, json=False)
    return parser


def _name(text: str) -> str:
    if not text.strip():  # an unset shell variable, say; dlt would pick its own name
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def _load(options: argparse.Namespace) -> int:
    from jobs_source.commands.load import load_orgs

    return load_orgs(_orgs(options), options)


def _check(options: argparse.Namespace) -> int:
    from jobs_source.commands.check import check

    sections: dict[str, str] = {}
    return worst([check(org, options.destination, options.dataset, sections, options.json) for org in _orgs(options)])


def _status(options: argparse.Namespace) -> int:
    from jobs_source.commands.status import status

    return status(options.destination, options.dataset, options.max_age, options.retired, options.json)


def _sql(options: argparse.Namespace) -> int:
    from jobs_source.commands.sql import sql

    sql(options.query, "json" if options.json else options.format, options.destination, options.dataset)
    return 0


def _purge(options: argparse.Namespace) -> int:
    from jobs_source.commands.purge import purge_traces

    where = (options.destination, options.dataset)
    return purge_traces(options.org_id, options.user_id, *where, options.yes, options.json)


def _demo(options: argparse.Namespace) -> int:
    from jobs_source.commands.demo import demo

    demo()
    return 0


def _standin(options: argparse.Namespace) -> int:
    from jobs_source.commands.standin import standin

    standin(options.arguments, options.program)
    return 0


def _orgs(options: argparse.Namespace) -> Sequence[Optional[str]]:
    from jobs_source.runner.orgs import configured_orgs

    return (configured_orgs() or [None]) if options.all_orgs else options.org or [None]


def _shorten(record: logging.LogRecord) -> bool:
    """Keep only the last line of a traceback: dlt logs one for each try of a load, in the message too."""
    head, _, trace = record.getMessage().partition("Traceback (most recent call last):")
    record.msg, record.args, record.exc_info = head + trace.strip().rpartition("\n")[2], (), None
    return True
