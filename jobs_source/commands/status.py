"""`status`: shows how fresh the tables are, what may be missing, and which jobs are unfinished."""

import argparse
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

from jobs_source.commands.json_lines import print_line
from jobs_source.commands.status_tables import status_tables
from jobs_source.configuration.orgs import configured_orgs
from jobs_source.exceptions import ConfigError, NothingLoadedError
from jobs_source.ids import long_id
from jobs_source.runner.status import OrgStatus, Status, read_status
from jobs_source.schema import RUNS


def status(options: argparse.Namespace) -> int:
    """
    Print the status of every org, or of those that `--org` names. Return 1 if one is too old, or a table is gone.

    An org is too old if its newest successful run is older than `--max-age` in hours, and if it has credentials here
    and was never loaded. Orgs whose ids are `--retired` are ignored, such as a sandbox before its refresh.

    Raises:
        NothingLoadedError: If the dataset has no runs of other orgs.
        ConfigError: If an org that an option names has no run here, or the destination is no SQL database.
    """
    found = read_status(options.destination, options.dataset)
    say = _sayer(options, found.dataset)
    if found.missing:
        gone = ", ".join(found.missing)
        text = (
            f"Missing in dataset {found.dataset}: {gone}. The next load brings back all that Salesforce still lists."
            " Older rows are only in a backup, if there is one."
        )
        say({"missing_tables": found.missing}, text)
    if RUNS.name in found.missing:
        return 1
    place = f"{found.dataset} of {options.destination}"
    orgs, never = _chosen(_without_retired(found, options.retired, place), options.org or (), place)
    limit, now = options.max_age, datetime.now(timezone.utc)
    for name in never:
        say({"org": name, "never_loaded": True, "is_stale": limit is not None})
    stale = [limit is not None and org.age(now) > timedelta(hours=limit) for org in orgs]
    for org, is_stale in zip(orgs, stale, strict=True):
        age_hours = round(org.age(now).total_seconds() / 3_600, 2)
        say({**org._asdict(), "age_hours": age_hours, "max_age_hours": limit, "is_stale": is_stale})
    if not options.json and (orgs or never):
        print(status_tables(orgs, never, limit, now), end="")
    return int(any(stale) or bool(found.missing) or (bool(never) and limit is not None))


def _sayer(options: argparse.Namespace, dataset: str) -> Callable[..., None]:
    """Return what prints one thing: its values as a line of JSON, or its text, if it has one."""
    where = {"destination": options.destination, "dataset": dataset}

    def say(values: Mapping[str, Any], text: str = "") -> None:
        if options.json:
            print_line({**values, **where})
        elif text:
            print(text)

    return say


def _chosen(
    found: Status, names: Collection[str], place: str
) -> tuple[Collection[OrgStatus], Collection[Optional[str]]]:
    """Return the orgs that *names* (sections or org ids) are about, or all: those with runs, and those without."""
    if not names:
        return found.orgs, found.never_loaded
    ids = {long_id(name) if len(name) == 15 else name for name in names}
    orgs = [org for org in found.orgs if org.org_id in ids or ids & set((org.org or "").split(", "))]
    never = [name for name in found.never_loaded if name in ids]
    known = {*configured_orgs(), *never, *(name for org in orgs for name in (org.org_id, *(org.org or "").split(", ")))}
    if unknown := ids - known:
        raise ConfigError(
            f"--org: there is no run of {', '.join(sorted(unknown))} in {place}. `salesforce-jobs status` lists all"
            " orgs."
        )
    return orgs, never


def _without_retired(found: Status, retired: Collection[str], place: str) -> Status:
    gone = {long_id(org_id) if len(org_id) == 15 else org_id for org_id in retired}
    if unknown := gone - {org.org_id for org in found.orgs}:
        raise ConfigError(
            f"--retired: there is no run of {', '.join(sorted(unknown))} in {place}. `salesforce-jobs status` lists all"
            " orgs."
        )
    kept = [org for org in found.orgs if org.org_id not in gone]
    if not kept:
        raise NothingLoadedError(
            f"{place} has only runs of the orgs that --retired names. Run `salesforce-jobs load` first."
        )
    return found._replace(orgs=kept)
