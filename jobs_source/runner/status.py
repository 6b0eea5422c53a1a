"""How fresh the tables are, what may be missing, and what is unfinished. It reads only the destination."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Optional

from dlt.destinations.exceptions import DatabaseUndefinedRelation

from jobs_source.configuration.orgs import configured_orgs
from jobs_source.dlt_compat import decompress_state
from jobs_source.resources.walk_state import walked_orgs
from jobs_source.rows.stamp_window import EARLIEST
from jobs_source.runner.orgs import pipeline_name
from jobs_source.runner.reading import is_there, nothing_loaded, opening
from jobs_source.schema import (
    JOB_ERRORS,
    JOB_RESULTS,
    JOB_STATES,
    JOB_TABLES,
    LOOK_UP_LISTINGS,
    RUNS,
    TABLES,
    USERS,
)
from jobs_source.settings import FINAL_STATES, NAME
from jobs_source.times import in_utc

States = list[tuple[str, dict[str, set[str]]]]
_LAST_RUNS: Final = 5
# A dataset that was last loaded by version 0.1 has none of them.
_LATER_TABLES: Final = (JOB_STATES.name, JOB_RESULTS.name, JOB_ERRORS.name, USERS.name)
_RUN_COLUMNS: Final = (
    "started_at",
    "listing",
    "jobs_listed",
    "jobs_written",
    "entries_rejected",
    "calls",
    "is_full",
    "possible_gap",
    "previous_started_at",
)


class OrgStatus(NamedTuple):
    """
    One org.

    Attributes:
        org: The section of its credentials, or several; None for the default one, or if nobody knows.
        newest: Start of the newest good run by listing.
        gaps: Times between which Salesforce may have dropped jobs unseen: (last run before, first run after).
        unfinished: Jobs that are in no final state, as last seen.
        oldest_unfinished: When the oldest of them was made.
        last_runs: The newest first, each with `_RUN_COLUMNS`.
    """

    org: Optional[str]
    org_id: str
    newest: dict[str, datetime]
    gaps: list[tuple[datetime, datetime]]
    unfinished: int
    oldest_unfinished: Optional[datetime]
    last_runs: list[dict[str, Any]]

    def age(self, now: datetime) -> timedelta:
        """The age of the older of the two listings; a run may begin in the future of this machine's clock."""
        return max(now - min(self.newest.values()), timedelta(0))


class Status(NamedTuple):
    """
    What is known of a dataset.

    Attributes:
        dataset: Its name in the destination.
        missing: Tables that were loaded and are gone.
        never_loaded: Configured orgs that have never loaded into it, if any org of ours has; None is the default one.
        orgs: Those that have loaded; none if the table of runs is gone.
    """

    dataset: str
    missing: list[str]
    never_loaded: list[Optional[str]]
    orgs: list[OrgStatus]


def read_status(destination: str, dataset: str) -> Status:
    """Read what the tables say of each org. Raises `NothingLoadedError` or, for files, `ConfigError`."""
    with opening(destination, dataset, "status") as (client, path):
        missing = _missing_tables(client)
        states = _read_states(client)
        orgs = [] if RUNS.name in missing else _read_orgs(client, _sections(states))
        if not orgs and RUNS.name not in missing:
            raise nothing_loaded(destination, client.dataset_name, path)
        return Status(client.dataset_name, missing, _never_loaded(states), orgs)


def _missing_tables(client: Any) -> list[str]:
    """List tables that were loaded and are gone; none if nothing was loaded."""
    missing = [table for table in TABLES if not is_there(client, table)]
    if RUNS.name in missing:
        return missing if len(missing) < len(TABLES) else []
    walked = _query(client, RUNS.name, f"select distinct {client.escape_column_name('listing')} from {{table}}")
    unwalked = {table.name for table in JOB_TABLES if (table.endpoint,) not in walked}
    added = () if set(missing) & set(_LATER_TABLES) != set(_LATER_TABLES) else _LATER_TABLES
    return [table for table in missing if table not in unwalked and table not in added]


def _read_states(client: Any) -> States:
    """Read from dlt's states the names of the pipelines, and the orgs that each of their sources has walked."""
    columns = ", ".join(map(client.escape_column_name, ("pipeline_name", "state")))
    found = _query(client, "_dlt_pipeline_state", f"select {columns} from {{table}}")
    return [(name, walked_orgs(decompress_state(state).get("sources", {}))) for name, state in found]


def _never_loaded(states: States) -> list[Optional[str]]:
    if not any(name == NAME or name.startswith(f"{NAME}_") for name, _ in states):
        return []  # the dataset belongs to a pipeline of the user's own
    loaded = {name for name, walked in states if any(walked.values())}
    return [org for org in configured_orgs() if pipeline_name(org) not in loaded]


def _sections(states: States) -> dict[str, str]:
    """Name by org id the sections that have loaded it: a source has the name of its section, or the default one."""
    found: dict[str, set[str]] = {}
    for source, org_ids in (each for _, walked in states for each in walked.items()):
        for org_id in org_ids if source != NAME else ():
            found.setdefault(org_id, set()).add(source)
    return {org_id: ", ".join(sorted(names)) for org_id, names in found.items()}


def _read_orgs(client: Any, sections: Mapping[str, str]) -> list[OrgStatus]:
    columns = ", ".join(map(client.escape_column_name, ("org_id", *_RUN_COLUMNS)))
    started_at, listing = map(client.escape_column_name, ("started_at", "listing"))
    runs = _query(client, RUNS.name, f"select {columns} from {{table}} order by {started_at} desc, {listing}")
    by_org: dict[str, list[dict[str, Any]]] = {}
    for org_id, *values in runs:
        by_org.setdefault(org_id, []).append(dict(zip(_RUN_COLUMNS, map(in_utc, values), strict=True)))
    walked = {org_id: own for org_id, own in by_org.items() if any(map(_is_walk, own))}
    return [_status_of(client, sections.get(org_id), org_id, own) for org_id, own in sorted(walked.items())]


def _status_of(client: Any, section: Optional[str], org_id: str, runs: list[dict[str, Any]]) -> OrgStatus:
    state, created_date, org = map(client.escape_column_name, ("state", "created_date", "org_id"))
    is_open = f"{state} is null or {state} not in ({', '.join(['%s'] * len(FINAL_STATES))})"
    # No job is older than this, and not every client can return a time of the year 1.
    made = f"min(case when {created_date} >= %s then {created_date} end)"
    query = f"select count(*), {made} from {{table}} where {org} = %s and ({is_open})"
    found = [row for table in JOB_TABLES for row in _query(client, table.name, query, EARLIEST, org_id, *FINAL_STATES)]
    return OrgStatus(
        org=section,
        org_id=org_id,
        newest={run["listing"]: run["started_at"] for run in reversed(runs) if _is_walk(run)},
        gaps=[
            (run["previous_started_at"], run["started_at"])
            for run in runs
            if run["possible_gap"] and run["previous_started_at"]
        ],
        unfinished=sum(count for count, _ in found),
        oldest_unfinished=min((in_utc(made) for _, made in found if made), default=None),
        last_runs=runs[:_LAST_RUNS],
    )


def _is_walk(run: Mapping[str, Any]) -> bool:
    """Tell a walk from a round of look-ups, which says nothing of how fresh the jobs are."""
    return run["listing"] not in LOOK_UP_LISTINGS


def _query(client: Any, table: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run *sql* on *table*; one that was never loaded has no rows."""
    try:
        return list(client.execute_sql(sql.format(table=client.make_qualified_table_name(table)), *values) or [])
    except DatabaseUndefinedRelation:
        return []
