"""
The commands: `python -m pipelines load | check | status | demo`.

Exit codes: 0 done; 1 failed, trying again may help; 2 configuration, credentials or permission wrong; 3 the org's API
allowance is used up; 4 another run of the same org is under way; 130 stopped by Ctrl-C or SIGTERM.
"""

import argparse
import atexit
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, Optional

from dlt.common.exceptions import SignalReceivedException
from dlt.common.runtime import signals

from jobs_source.commands.errors import INTERRUPTED, MISCONFIGURED, explain, without_values
from jobs_source.commands.progress import Progress
from jobs_source.runner.load import load
from jobs_source.runner.orgs import configured_orgs, say_same_org


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    if not options.verbose:
        logging.getLogger("dlt").addFilter(_shorten)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (Exception, KeyboardInterrupt, SignalReceivedException) as error:
        return _fail(error, options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipelines", description="Keep the history of Salesforce bulk jobs."
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--verbose", action="store_true", help="show the traceback of an error")
    common.add_argument("--json", action="store_true", help="one line of JSON per org instead of text")
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--destination", type=_name, default="duckdb", metavar="NAME", help="any dlt destination (default: duckdb)"
    )
    where.add_argument(
        "--dataset", type=_name, default="salesforce_jobs", metavar="NAME", help="default: salesforce_jobs"
    )
    target = argparse.ArgumentParser(add_help=False, parents=[common, where])
    orgs = target.add_mutually_exclusive_group()
    orgs.add_argument("--org", action="append", metavar="NAME", help="an org with a section of its own (repeatable)")
    orgs.add_argument("--all-orgs", action="store_true", help="every org that has credentials")
    commands = parser.add_subparsers(required=True, metavar="load | check | status | demo")
    loading = commands.add_parser("load", parents=[target], help="load what is new")
    loading.add_argument("--full", action="store_true", help="merge all that is listed, whatever the cursor says")
    loading.add_argument(
        "--keep-working-dir", type=Path, metavar="DIR", help="leave the run's working directory in DIR, to look into"
    )
    loading.set_defaults(command=_load)
    checking = commands.add_parser("check", parents=[target], help="say whether a load would work; changes nothing")
    checking.set_defaults(command=_check)
    status = commands.add_parser("status", parents=[common, where], help="freshness, gaps, unfinished jobs, last runs")
    status.add_argument("--max-age", type=float, metavar="HOURS", help="end with 1 where the newest good run is older")
    status.add_argument(
        "--retired", action="append", metavar="ORG_ID", default=[], help="leave out an org that is no more (repeatable)"
    )
    status.set_defaults(command=_status)
    demo = commands.add_parser("demo", parents=[common], help="load a stand-in org, twice; needs no credentials")
    demo.set_defaults(command=_demo)
    return parser


def _name(text: str) -> str:
    if not text.strip():  # such as a variable that is not set; dlt would take a name of its own instead
        raise argparse.ArgumentTypeError("a name is needed here")
    return text


def _load(options: argparse.Namespace) -> int:
    codes, sections = [], dict[str, str]()
    for org in _orgs(options):
        try:
            summary = load(
                org,
                destination=options.destination,
                dataset=options.dataset,
                full=options.full,
                keep_working_dir=options.keep_working_dir,
                progress=Progress(),
            )
            print(json.dumps(asdict(summary)) if options.json else summary.describe(), flush=True)
            codes.append(_warn_of_same_org(summary.org_id, org, sections))
        except Exception as error:
            codes.append(_fail(error, options, org))
            if codes[-1] == INTERRUPTED:  # dlt wraps what stops it, and who stops a run means all of it
                return INTERRUPTED
    return worst(codes)


def _warn_of_same_org(org_id: str, section: Optional[str], sections: dict[str, str]) -> int:
    """Return exit code 2 where an earlier one of the *sections* logged in to the same org."""
    said = say_same_org(org_id, section, sections)
    if said:
        print(said, file=sys.stderr, flush=True)
    return MISCONFIGURED if said else 0


def worst(codes: Sequence[int]) -> int:
    """Of several orgs' exit codes take the one that most asks for another try: 1 before 2 before 3 before 4."""
    return min((code for code in codes if code), default=0)


def _check(options: argparse.Namespace) -> int:
    from jobs_source.commands.check import check

    sections: dict[str, str] = {}
    return worst([check(org, options.destination, options.dataset, sections, options.json) for org in _orgs(options)])


def _status(options: argparse.Namespace) -> int:
    from jobs_source.commands.status import status

    return status(options.destination, options.dataset, options.max_age, options.retired, options.json)


def _demo(options: argparse.Namespace) -> int:
    from jobs_source.commands.demo import demo

    demo()
    return 0


def _orgs(options: argparse.Namespace) -> Sequence[Optional[str]]:
    return (configured_orgs() or [None]) if options.all_orgs else options.org or [None]


def _fail(error: BaseException, options: argparse.Namespace, org: Optional[str] = None) -> int:
    ending = explain(error)
    if options.verbose:
        traceback.print_exception(without_values(error))
    if options.json:
        print(json.dumps({"org": org, "error": ending.message, "exit_code": ending.exit_code}), flush=True)
    else:
        print(f"{org}: {ending.message}" if org else ending.message, file=sys.stderr, flush=True)
    return ending.exit_code


def _shorten(record: logging.LogRecord) -> bool:
    """Leave of a traceback what it ends with; dlt logs one for each try of a load, in the message too."""
    head, _, trace = record.getMessage().partition("Traceback (most recent call last):")
    record.msg, record.args, record.exc_info = head + trace.strip().rpartition("\n")[2], (), None
    return True


def _stop(number: int, frame: object) -> None:
    """End at once; where Python drops the exception, as it does in a `__del__`, dlt ends the run when it looks next."""
    signals.set_received_signal(number)
    raise KeyboardInterrupt


def _tell_dropped(dropped: "sys.UnraisableHookArgs") -> None:
    if not isinstance(dropped.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)


def run() -> NoReturn:
    """Be the process: stop when told to, and end with the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):  # schedulers stop a run with the latter
        signal.signal(number, _stop)
    sys.unraisablehook = _tell_dropped
    os.environ.setdefault("RUNTIME__INTERCEPT_SIGNALS", "false")  # dlt forgets those that come after its last look
    try:
        code = main()
        if code == 0:
            _leave()
    except KeyboardInterrupt:
        code = INTERRUPTED
    sys.exit(code)


def _leave() -> None:
    """
    End at once: nothing is open any more, and to take all that was imported apart is a sixth of a small run.

    Returns only where the output cannot be written: Python says so as it ends in its own way.
    """
    atexit._run_exitfuncs()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
