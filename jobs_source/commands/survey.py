"""`check --survey`: how an org behaves where Salesforce does not document it, as text to paste into an issue."""

import argparse
import json
from collections.abc import Sequence
from typing import Optional

from jobs_source.commands.errors import report_error
from jobs_source.commands.exit_codes import INTERRUPTED, worst
from jobs_source.runner.orgs import survey_salesforce


def survey(orgs: Sequence[Optional[str]], options: argparse.Namespace) -> int:
    """Print the survey of each of *orgs*, numbered: a name could be a customer's. Return the exit code."""
    codes = []
    for number, org in enumerate(orgs, 1):
        try:
            _print(survey_salesforce(org), number, len(orgs), options.json)
        except BrokenPipeError:
            raise
        except Exception as error:
            codes.append(report_error(error, options, org))
            if codes[-1] == INTERRUPTED:
                break
    return worst(codes)


def _print(answers: dict[str, str], number: int, count: int, as_json: bool) -> None:
    if as_json:  # without warnings: they may name a host
        print(json.dumps({"org": number, "answers": answers}), flush=True)
        return
    if count > 1:
        print(f"org {number} of {count}")
    print("\n".join(f"{question}: {answer}" for question, answer in answers.items()), flush=True)
