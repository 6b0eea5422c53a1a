"""The command line: which commands there are, and what each takes. It imports no dlt, so that `--help` is quick."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, Optional

from jobs_source import __version__
from jobs_source.commands.option_values import folder, hours, name, port
from jobs_source.settings import NAME

_PROGRAM: Final = "salesforce-jobs"
_VERBOSE: Final = "show the traceback of an error, and dlt's own log of warnings"


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Read the command line; `name` is the command. Raises `SystemExit` after `--help`, or for a mistyped option."""
    parser = _Parser(
        prog=_PROGRAM if _is_installed() else "python -m pipelines",
        description="Keep the history of Salesforce bulk jobs.",
        epilog="Exit codes: 0 done; 1 failed, try again; 2 configuration, credentials or permission wrong; 3 the org's"
        " API allowance is used up; 4 another run of the same org is in progress.",
    )
    parser.add_argument("--version", action="version", version=f"{_PROGRAM} {__version__}")
    commands = parser.add_subparsers(required=True, dest="name", metavar="COMMAND", title="commands")
    for add in (
        _add_load,
        _add_check,
        _add_status,
        _add_sql,
        _add_dashboard,
        _add_report,
        _add_purge,
        _add_demo,
        _add_standin,
    ):
        add(commands.add_parser)
    return parser.parse_args(arguments)


def how_to_start() -> str:
    """Return what to type in this folder to start this program."""
    return _PROGRAM if _is_installed() else f"{os.path.relpath(sys.executable)} -m pipelines"


def _is_installed() -> bool:
    return Path(sys.argv[0]).stem == _PROGRAM


class _Parser(argparse.ArgumentParser):
    """With `--json` a mistyped option is said in JSON as well: whoever reads standard output finds a line there."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self._as_json = "--json" in (sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        if self._as_json:
            print(json.dumps({"org": None, "error": message, "exit_code": 2, "warnings": []}), flush=True)
        super().error(message)


_Add = Callable[..., argparse.ArgumentParser]
"""Makes the parser of a command."""


def _common(json_help: str = "print JSON instead of text, one line per org") -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--verbose", action="store_true", help=_VERBOSE)
    common.add_argument("--json", action="store_true", help=json_help)
    return common


def _where(*json_help: str) -> argparse.ArgumentParser:
    where = argparse.ArgumentParser(add_help=False, parents=[_common(*json_help)])
    where.add_argument(
        "--destination", type=name, default="duckdb", metavar="NAME", help="any dlt destination (default: duckdb)"
    )
    where.add_argument("--dataset", type=name, default=NAME, metavar="NAME", help="default: %(default)s")
    return where


def _target(*json_help: str) -> argparse.ArgumentParser:
    target = argparse.ArgumentParser(add_help=False, parents=[_where(*json_help)])
    orgs = target.add_mutually_exclusive_group()
    orgs.add_argument(
        "--org",
        type=name,
        action="append",
        metavar="NAME",
        help="an org with its own section in the configuration (repeatable)",
    )
    orgs.add_argument("--all-orgs", action="store_true", help="every org that has credentials")
    return target


def _add_load(add: _Add) -> None:
    parser = add("load", parents=[_target()], help="load new and changed jobs")
    parser.add_argument("--full", action="store_true", help="merge every listed job, not only what changed")
    parser.add_argument("--no-results", action="store_true", help="do not look up what became of the jobs")
    parser.add_argument(
        "--keep-working-dir", type=folder, metavar="DIR", help="keep the run's working directory in DIR, to inspect it"
    )


def _add_check(add: _Add) -> None:
    parser = add(
        "check",
        parents=[_target("print JSON instead of text, one line per thing that is checked")],
        help="test whether a load would work; changes nothing",
    )
    parser.add_argument(
        "--survey",
        action="store_true",
        help="instead print how the org behaves where Salesforce does not document it, without ids and names, to paste"
        " into an issue; at most 15 calls of the org",
    )


def _add_status(add: _Add) -> None:
    parser = add("status", parents=[_where()], help="show freshness, gaps, unfinished jobs, last runs")
    parser.add_argument(
        "--org",
        type=name,
        action="append",
        metavar="NAME",
        help="an org, by the name of its section or by its id (repeatable)",
    )
    parser.add_argument("--max-age", type=hours, metavar="HOURS", help="exit 1 if the newest successful run is older")
    parser.add_argument(
        "--retired",
        action="append",
        metavar="ORG_ID",
        default=[],
        help="ignore an org that no longer exists (repeatable)",
    )


def _add_sql(add: _Add) -> None:
    parser = add(
        "sql",
        parents=[_where("the same as --format json; errors too")],
        help="run one query on the tables, read-only",
    )
    parser.add_argument(
        "query", metavar="QUERY", help='for example "select * from jobs"; - reads it from standard input'
    )
    parser.add_argument("--format", choices=["table", "csv", "json"], default="table", help="default: %(default)s")


def _add_dashboard(add: _Add) -> None:
    parser = add("dashboard", parents=[_where()], help="show the history in a browser (needs the extra `dashboard`)")
    parser.add_argument(
        "--org",
        type=name,
        metavar="NAME",
        help="the org that is chosen at first, by the name of its section or by its id",
    )
    parser.add_argument(
        "--host", type=name, default="127.0.0.1", help="other hosts need a token (default: %(default)s)"
    )
    parser.add_argument("--port", type=port, default=2718, help="0 takes a free one (default: %(default)s)")
    parser.add_argument(
        "--token-file",
        type=folder,
        metavar="FILE",
        help="the token that visitors need; without it there is none on this machine, and one is made for others",
    )
    parser.add_argument(
        "--public-host", type=name, metavar="NAME", help="the name under which a proxy on this machine shows it"
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def _add_report(add: _Add) -> None:
    parser = add("report", parents=[_where()], help="write the figures of a period into one file")
    parser.add_argument("--days", type=int, default=30, help="until now; today is one of them (default: %(default)s)")
    parser.add_argument(
        "--org", type=name, metavar="NAME", help="an org, by the name of its section or by its id (default: all)"
    )
    parser.add_argument(
        "--out", type=name, metavar="FILE", help="- is standard output (default: report.html or report.md)"
    )
    parser.add_argument(
        "--format",
        choices=["html", "md"],
        help="default: md if FILE ends in .md, else html (needs the extra `dashboard`)",
    )
    parser.add_argument("--open", action="store_true", help="open it in the browser")


def _add_purge(add: _Add) -> None:
    parser = add(
        "purge",
        parents=[_where("print what was deleted as one line of JSON")],
        help="delete everything about one org or one user, after asking",
    )
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--org-id", metavar="ID", help="delete all rows of this org, and what is known of its runs")
    whose.add_argument("--user-id", metavar="ID", help="delete all rows that name this user, or are about its jobs")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_demo(add: _Add) -> None:
    parser = add("demo", help="load a stand-in org twice into demo.duckdb; needs no credentials")
    parser.add_argument("--verbose", action="store_true", help=_VERBOSE)
    parser.set_defaults(json=False)


def _add_standin(add: _Add) -> None:
    # It has its own parser and does not know ours. With "+" as prefix character its options pass through unread.
    parser = add("standin", add_help=False, prefix_chars="+", help="run a stand-in org on this machine, to try things")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    parser.set_defaults(program=parser.prog, verbose=False, json=False)
