"""`status`: shows how fresh the tables are, what may be missing, and which jobs are unfinished."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, timezone
from typing import Optional

from jobs_source.exceptions import ConfigError, NothingLoadedError
from jobs_source.ids import long_id
from jobs_source.runner.status import OrgStatus, missing_tables, never_loaded, read_status
from jobs_source.schema import RUNS


def status(
    destination: str,
    dataset: str,
    max_age_hours: Optional[float] = None,
    retired: Collection[str] = (),
    as_json: bool = False,
) -> int:
    """
    Print the status of every org. Return 1 if the newest successful run of one is older than *max_age_hours*, else 0.

    An org that has credentials here and was never loaded counts as too old. Orgs whose ids are *retired* are
    ignored, such as a sandbox before its refresh.

    Raises:
        NothingLoadedError: If the dataset has no runs of other orgs.
        ConfigError: If a *retired* org has no run here, or *destination* is no SQL database.
    """
    gone = _say_missing(destination, dataset, as_json)
    if RUNS.name in gone:
        return 1
    orgs = _without_retired(read_status(destination, dataset), retired, f"{dataset} of {destination}")
    never = never_loaded(destination, dataset)
    for name in never:
        text = f"{name or 'default org'}: has credentials here but was never loaded"
        print(json.dumps({"org": name, "never_loaded": True}) if as_json else text)
    stale = len(never) if max_age_hours is not None else 0
    for org in orgs:
        age = org.age(datetime.now(timezone.utc))
        is_stale = max_age_hours is not None and age > timedelta(hours=max_age_hours)
        stale += is_stale
        if as_json:
            print(json.dumps({**org._asdict(), "age_hours": _hours(age), "is_stale": is_stale}, default=str))
        else:
            print("\n".join(_describe(org, age, is_stale)))
    return int(stale > 0 or bool(gone))


def _without_retired(orgs: list[OrgStatus], retired: Collection[str], place: str) -> list[OrgStatus]:
    gone = {long_id(org_id) if len(org_id) == 15 else org_id for org_id in retired}
    if unknown := gone - {org.org_id for org in orgs}:
        raise ConfigError(f"--retired: there is no run of {', '.join(sorted(unknown))} in {place}.")
    kept = [org for org in orgs if org.org_id not in gone]
    if not kept:
        raise NothingLoadedError(f"{place} has runs of retired orgs only. Run `salesforce-jobs load` first.")
    return kept


def _say_missing(destination: str, dataset: str, as_json: bool) -> list[str]:
    gone = missing_tables(destination, dataset)
    if gone:
        text = f"Missing in dataset {dataset}: {', '.join(gone)}. `salesforce-jobs load` creates it again."
        print(json.dumps({"missing_tables": gone}) if as_json else text)
    return gone


def _describe(org: OrgStatus, age: timedelta, is_stale: bool) -> Iterator[str]:
    verdict = ": TOO OLD" if is_stale else ""
    yield f"{org.org_id}: newest successful run {_hours(age):.1f} hours ago{verdict}"
    for listing, started_at in sorted(org.newest.items()):
        yield f"  {listing}: {started_at:%Y-%m-%d %H:%M:%S} UTC"
    since = f", the oldest since {org.oldest_unfinished:%Y-%m-%d %H:%M} UTC" if org.oldest_unfinished else ""
    yield f"  unfinished jobs: {org.unfinished:,}{since}"
    yield "  possible gaps: " + (
        "; ".join(f"{before:%Y-%m-%d %H:%M} to {after:%Y-%m-%d %H:%M} UTC" for before, after in org.gaps) or "none"
    )
    for run in org.last_runs:
        yield (
            f"  run of {run['started_at']:%Y-%m-%d %H:%M:%S}, {run['listing']}: {run['jobs_listed']:,} listed,"
            f" {run['jobs_written']:,} written, {run['entries_rejected']:,} rejected, {run['calls']:,} calls"
            f"{', full' if run['is_full'] else ''}"
        )


def _hours(age: timedelta) -> float:
    return round(age.total_seconds() / 3_600, 2)
