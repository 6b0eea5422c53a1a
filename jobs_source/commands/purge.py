"""`purge`: removes one org's or one user's traces from all tables, after asking."""

import sys
from typing import Optional

from jobs_source.commands.exit_codes import FAILED, MISCONFIGURED
from jobs_source.commands.json_lines import print_line
from jobs_source.exceptions import ConfigError
from jobs_source.ids import has_typo, is_org_id, is_user_id, long_id
from jobs_source.runner.purge import Traces, purge
from jobs_source.runner.traces import Subject
from jobs_source.wording import counted


def purge_traces(
    org_id: Optional[str], user_id: Optional[str], destination: str, dataset: str, is_sure: bool, as_json: bool
) -> int:
    """
    Say what there is of the org or the user, ask unless *is_sure*, remove it, and return the exit code.

    0 too where there is nothing: then all is as it should be, and a purge that was ended half-way can be repeated.

    Raises:
        ConfigError: If the id is none.
        SalesforceJobsError: If it cannot be done; nothing is removed then.
    """
    subject = _subject(org_id, user_id)
    codes: list[int] = []

    def confirm(found: Traces) -> bool:
        print(
            _describe(found, subject, f"{found.dataset} of {destination}"),
            file=sys.stderr if as_json else sys.stdout,
            flush=True,
        )
        codes.append(0 if is_sure else _ask(subject))
        return codes[0] == 0

    removed = purge(subject, destination=destination, dataset=dataset, confirm=confirm)
    if removed is None:
        return codes[0]
    if as_json:
        print_line(_report(removed, subject, destination))
    elif removed.rows or removed.states:
        print(_farewell(removed, subject, destination))
    else:
        print(f"Nothing of {subject.forms[0]} is in {removed.dataset} of {destination}.")
    return 0


def _subject(org_id: Optional[str], user_id: Optional[str]) -> Subject:
    if org_id is not None:
        if not is_org_id(org_id) or "_" in org_id:
            raise ConfigError(f"{org_id!r} is not an org id. An org id has 15 or 18 characters and begins with 00D.")
        return Subject(_checked(org_id), is_org=True)
    if user_id is None or not is_user_id(user_id):
        raise ConfigError(f"{user_id!r} is not a user id. A user id has 15 or 18 characters and begins with 005.")
    return Subject(_checked(user_id), is_org=False)


def _checked(id_: str) -> str:
    if has_typo(id_):
        raise ConfigError(
            f"{id_!r} is not a valid id: its last three characters do not fit. Copy it again, or give its first 15"
            " characters."
        )
    return long_id(id_)


def _describe(found: Traces, subject: Subject, place: str) -> str:
    where = f"{place} ({found.path})" if found.path else place
    lines = [f"Of {subject.forms[0]} there is in {where}:"]
    lines += [f"  {rows.dataset}.{rows.table}: {counted(rows.number, 'row')} to delete" for rows in found.rows]
    if found.states:
        lines.append(f"  dlt's states of pipelines: {len(found.states):,} to change")
    return "\n".join(lines)


def _ask(subject: Subject) -> int:
    """Ask on the terminal. Return 0 for yes, or the exit code."""
    if not sys.stdin.isatty():
        print("Nothing was deleted: there is no terminal to ask on. Repeat it with --yes.", file=sys.stderr)
        return MISCONFIGURED
    print(f"This cannot be undone. Type {subject.forms[0]}, or yes, to go on: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() in ("yes", *subject.forms):
        return 0
    print("Nothing was deleted.", file=sys.stderr)
    return FAILED


def _report(removed: Traces, subject: Subject, destination: str) -> dict[str, object]:
    return {
        "org_id" if subject.is_org else "user_id": subject.forms[0],
        "destination": destination,
        "dataset": removed.dataset,
        "rows_deleted": {f"{rows.dataset}.{rows.table}": rows.number for rows in removed.rows},
        "states_changed": len(removed.states),
    }


def _farewell(removed: Traces, subject: Subject, destination: str) -> str:
    rows = sum(part.number for part in removed.rows)
    return " ".join(
        (
            f"Deleted {counted(rows, 'row')} of {subject.forms[0]}.",
            "The next load of this org is a first one: remove its credentials if it is not to come back."
            if subject.is_org
            else "Jobs that Salesforce still lists come back with the next load that takes them.",
            "The file was written anew without them; backups and other copies of it still have them."
            if removed.path
            else f"{destination} may keep deleted rows on its disks until it cleans up (Postgres: vacuum full), and"
            " longer in logs and backups.",
        )
    )
