"""`load`: loads new and changed jobs, one org after the other."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Optional

from jobs_source.commands.errors import report_error
from jobs_source.commands.exit_codes import INTERRUPTED, MISCONFIGURED, worst
from jobs_source.commands.progress import Progress
from jobs_source.runner.load import load
from jobs_source.runner.orgs import say_same_org


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
            print(json.dumps(asdict(summary)) if options.json else summary.describe(), flush=True)
            codes.append(_warn_of_same_org(summary.org_id, org, sections))
        except Exception as error:
            codes.append(report_error(error, options, org))
            if codes[-1] == INTERRUPTED:  # Ctrl-C means all orgs; dlt wraps it
                return INTERRUPTED
    return worst(codes)


def _warn_of_same_org(org_id: str, section: Optional[str], sections: dict[str, str]) -> int:
    """Return exit code 2 if an earlier section logged in to the same org."""
    said = say_same_org(org_id, section, sections)
    if said:
        print(said, file=sys.stderr, flush=True)
    return MISCONFIGURED if said else 0
