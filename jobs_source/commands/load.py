"""`load`: loads new and changed jobs, one org after the other."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Optional

from jobs_source.commands.errors import report_error
from jobs_source.commands.exit_codes import CUT_OFF, INTERRUPTED, MISCONFIGURED, worst
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
                keep_working_dir=options.keep_working_dir,
                progress=Progress(),
            )
            same_org = say_same_org(summary.org_id, org, sections)
            codes.append(MISCONFIGURED if same_org else 0)
            codes.append(_say(summary, same_org, codes[-1], options.json))
        except Exception as error:
            codes.append(report_error(error, options, org))
            if codes[-1] == INTERRUPTED:  # Ctrl-C means all orgs; dlt wraps it
                return INTERRUPTED
    return worst(codes)


def _say(summary: Summary, error: Optional[str], exit_code: int, as_json: bool) -> int:
    """Report. Return exit code 141 if nobody reads it: the other orgs are loaded all the same."""
    try:
        _report(summary, error, exit_code, as_json)
    except BrokenPipeError:
        drop(sys.stdout)
        return CUT_OFF
    return 0


def _report(summary: Summary, error: Optional[str], exit_code: int, as_json: bool) -> None:
    """Print what a run did, and why it ends with another *exit_code* than 0 all the same."""
    if as_json:
        print_line({**asdict(summary), "exit_code": exit_code, "error": error})
        return
    told = take_notices()  # on standard error, when they came
    print(replace(summary, warnings=[text for text in summary.warnings if text not in told]).describe(), flush=True)
    if error:
        print(error, file=sys.stderr, flush=True)
