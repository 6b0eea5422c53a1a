"""`load`: loads new and changed jobs, one org after the other."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Optional

from jobs_source.commands.errors import explain, report_error
from jobs_source.commands.exit_codes import CUT_OFF, FAILED, INTERRUPTED, MISCONFIGURED, ExitReason, worst
from jobs_source.commands.json_lines import print_line
from jobs_source.commands.notices import take_notices
from jobs_source.commands.pipes import drop
from jobs_source.commands.progress import Progress
from jobs_source.commands.run_table import Ended, run_table
from jobs_source.runner.load import load
from jobs_source.runner.orgs import say_same_org
from jobs_source.runner.summary import Summary


def load_orgs(orgs: Sequence[Optional[str]], options: argparse.Namespace) -> int:
    """Load each of *orgs* and print what each run did. One that fails does not stop the others."""
    codes, ended, sections = [], list[Ended](), dict[str, str]()
    for org in orgs:
        try:
            summary = load(
                org,
                destination=options.destination,
                dataset=options.dataset,
                full=options.full,
                with_results=not options.no_results,
                keep_working_dir=options.keep_working_dir,
                progress=Progress(),
            )
            reasons = [*_reasons(summary, say_same_org(summary.org_id, org, sections))]
            codes.append(_say(partial(_report, summary, reasons, options.json)))
            ended.append(Ended(org, worst([reason.exit_code for reason in reasons]), summary))
        except (Exception, KeyboardInterrupt) as error:
            ended.append(Ended(org, report_error(error, options, org)))
        codes.append(ended[-1].exit_code)
        if INTERRUPTED in codes:  # Ctrl-C means all orgs; dlt wraps it
            break
    if not options.json and (len(ended) > 1 or ended[0].summary):  # an error says all of an only org
        codes.append(_say(partial(_print_table, ended)))
    return INTERRUPTED if INTERRUPTED in codes else worst(codes)


def _reasons(summary: Summary, same_org: Optional[str]) -> Iterator[ExitReason]:
    """Say why a load of jobs that went well ends with another exit code than 0 all the same."""
    if same_org:
        yield ExitReason(MISCONFIGURED, same_org)
    if summary.results_error:
        reason = explain(summary.results_error)
        yield reason._replace(message=f"The jobs are loaded, but not what became of them. {reason.message}")
    elif summary.results_have_failed:
        yield ExitReason(
            FAILED, "The jobs are loaded, but every look-up of what became of them failed. The warnings say why."
        )


def _say(report: Callable[[], None]) -> int:
    """Report. Return exit code 141 if nobody reads it: the other orgs are loaded all the same."""
    try:
        report()
    except BrokenPipeError:
        drop(sys.stdout)
        return CUT_OFF
    return 0


def _report(summary: Summary, reasons: Sequence[ExitReason], as_json: bool) -> None:
    """Print what a run did, and the *reasons* why it ends with another exit code than 0 all the same."""
    if as_json:
        figures = asdict(replace(summary, results_error=None))
        del figures["results_error"], figures["results_have_failed"]  # `error` and `exit_code` tell them
        error = " ".join(reason.message for reason in reasons) or None
        print_line({**figures, "exit_code": worst([reason.exit_code for reason in reasons]), "error": error})
        return
    told = take_notices()  # on standard error, when they came
    notes = replace(summary, warnings=[text for text in summary.warnings if text not in told]).notes()
    print(*notes, sep="\n", flush=True)
    for reason in reasons:
        print(f"{summary.org}: {reason.message}" if summary.org else reason.message, file=sys.stderr, flush=True)


def _print_table(ended: Sequence[Ended]) -> None:
    print(run_table(ended), end="", flush=True)
