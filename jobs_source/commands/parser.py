"""
The commands: `salesforce-jobs load | check | status | sql | dashboard | report | purge | demo | standin`, or
`python -m pipelines ...` in the repository.

Exit codes: 0 done; 1 failed, trying again may help; 2 configuration, credentials or permission wrong; 3 the org's API
allowance is used up; 4 another run of the same org is in progress; 130 stopped by Ctrl-C or SIGTERM; 141 the reader
of our output closed it early.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Optional

from jobs_source.commands.arguments import parse
from jobs_source.commands.exit_codes import worst
from jobs_source.commands.notices import listening
from jobs_source.commands.pipes import is_cut_off


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code."""
    return run_command(parse(arguments))


def run_command(options: argparse.Namespace) -> int:
    """Run the chosen command and return its exit code."""
    with listening(options.json, options.verbose):
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    try:
        return _COMMANDS[options.name](options)
    except BrokenPipeError as error:
        if is_cut_off(sys.stdout):
            raise
        return _report(error, options)  # another pipe, such as a database connection
    except (Exception, KeyboardInterrupt) as error:
        return _report(error, options)


def _report(error: BaseException, options: argparse.Namespace) -> int:
    from jobs_source.commands.errors import report_error

    return report_error(error, options)


def _load(options: argparse.Namespace) -> int:
    from jobs_source.commands.load import load_orgs

    return load_orgs(_orgs(options), options)


def _check(options: argparse.Namespace) -> int:
    if options.survey:
        from jobs_source.commands.survey import survey

        return survey(_orgs(options), options)
    from jobs_source.commands.check import check

    sections: dict[str, str] = {}
    return worst([check(org, options.destination, options.dataset, sections, options.json) for org in _orgs(options)])


def _status(options: argparse.Namespace) -> int:
    from jobs_source.commands.status import status

    return status(options)


def _sql(options: argparse.Namespace) -> int:
    from jobs_source.commands.sql import sql

    sql(options)
    return 0


def _dashboard(options: argparse.Namespace) -> int:
    from jobs_source.commands.dashboard import dashboard

    return dashboard(options)


def _report_file(options: argparse.Namespace) -> int:
    from jobs_source.commands.report import report

    return report(options)


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
    from jobs_source.configuration.orgs import configured_orgs

    named = list(dict.fromkeys(options.org or [None]))  # each once
    return (configured_orgs() or [None]) if options.all_orgs else named


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "load": _load,
    "check": _check,
    "status": _status,
    "sql": _sql,
    "dashboard": _dashboard,
    "report": _report_file,
    "purge": _purge,
    "demo": _demo,
    "standin": _standin,
}
