"""`load`: loads new and changed jobs, one org after the other."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Optional

from jobs_source.commands.errors import explain, report_error
from jobs_source.commands.exit_codes import CUT_OFF, FAILED, INTERRUPTED, MISCONFIGURED, ExitReason, worst
from jobs_source.commands.json_lines import print_line
from jobs_source.commands.notices import take_notices
from jobs_source.commands.pipes import drop
from jobs_source.commands.progress import Progress
from jobs_source.runner.load import load
from jobs_source.runner.orgs import say_same_org
from jobs_source.runner.summary import Summary


def load_orgs(orgs: Sequence[Optional[str]], options: argparse.Namespace) -> int:
    """Load each of *orgs* and print what each run did. One that fails does not stop the others."""
    codes, sections = [], dict[str, str]()
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
            codes += [reason.exit_code for reason in reasons]
            codes.append(_say(summary, reasons, options.json))
            if INTERRUPTED in codes:
                return INTERRUPTED
        except Exception as error:
            codes.append(report_error(error, options, org))
            if codes[-1] == INTERRUPTED:  # Ctrl-C means all orgs; dlt wraps it
                return INTERRUPTED
    return worst(codes)


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


def _say(summary: Summary, reasons: Sequence[ExitReason], as_json: bool) -> int:
    """Report. Return exit code 141 if nobody reads it: the other orgs are loaded all the same."""
    try:
        _report(summary, reasons, as_json)
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
    print(replace(summary, warnings=[text for text in summary.warnings if text not in told]).describe(), flush=True)
    for reason in reasons:
        print(f"{summary.org}: {reason.message}" if summary.org else reason.message, file=sys.stderr, flush=True)
