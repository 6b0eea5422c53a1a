"""`status`: shows how fresh the tables are, what may be missing, and which jobs are unfinished."""

import argparse
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, Optional

from jobs_source.commands.json_lines import print_line
from jobs_source.configuration.orgs import configured_orgs
from jobs_source.exceptions import ConfigError, NothingLoadedError
from jobs_source.ids import long_id
from jobs_source.runner.status import OrgStatus, Status, read_status
from jobs_source.schema import RUNS
from jobs_source.wording import counted, time_text


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
    limit = options.max_age
    for name in never:
        verdict = "" if limit is None else f": TOO OLD, the limit is {limit:,.9g} hours (--max-age)"
        text = f"{name or 'default org'}: has credentials here but was never loaded{verdict}"
        say({"org": name, "never_loaded": True, "is_stale": limit is not None}, text)
    ages = [(org, org.age(datetime.now(timezone.utc))) for org in orgs]
    stale = [limit is not None and age > timedelta(hours=limit) for _, age in ages]
    for (org, age), is_stale in zip(ages, stale, strict=True):
        values = {**org._asdict(), "age_hours": _hours(age), "max_age_hours": limit, "is_stale": is_stale}
        say(values, "\n".join(_describe(org, age, limit if is_stale else None)))
    return int(any(stale) or bool(found.missing) or (bool(never) and limit is not None))


def _sayer(options: argparse.Namespace, dataset: str) -> Callable[[dict[str, Any], str], None]:
    """Return what prints one thing: its values as a line of JSON, or its text."""
    where = {"destination": options.destination, "dataset": dataset}
    return lambda values, text: print_line({**values, **where}) if options.json else print(text)


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


def _describe(org: OrgStatus, age: timedelta, exceeded: Optional[float]) -> Iterator[str]:
    verdict = "" if exceeded is None else f": TOO OLD, the limit is {exceeded:,.9g} hours (--max-age)"
    name = f"{org.org} {org.org_id}" if org.org else org.org_id
    yield f"{name}: newest successful run {_hours(age):.1f} hours ago{verdict}"
    for listing, started_at in sorted(org.newest.items()):
        yield f"  {listing}: {time_text(started_at)}"
    since = f", the oldest since {time_text(org.oldest_unfinished)}" if org.oldest_unfinished else ""
    yield f"  unfinished jobs: {org.unfinished:,}{since}"
    gaps = [f"{time_text(before)} to {time_text(after)}" for before, after in org.gaps]
    yield f"  possible gaps: {'; '.join(gaps) or 'none'}"
    for run in org.last_runs:
        cost = f"{counted(run['calls'], 'call')}{', full' if run['is_full'] else ''}"
        yield (
            f"  run of {time_text(run['started_at'])}, {run['listing']}: {run['jobs_listed']:,} listed,"
            f" {run['entries_rejected']:,} rejected, {cost}"
        )


def _hours(age: timedelta) -> float:
    return round(age.total_seconds() / 3_600, 2)
