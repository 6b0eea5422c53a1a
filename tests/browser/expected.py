"""What the dashboard has to show of a DuckDB file, by queries of the tests' own."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from jobs_source.dashboard.durations import duration_text
from jobs_source.dashboard.wording import share_text
from tests.warehouses import Warehouse

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STATE: Final = "case when is_failed then 'Failed' when is_failed_in_part then 'Failed in part' else 'Not failed' end"
_STATES: Final = "(values ('Failed'), ('Failed in part'), ('Not failed')) as states(state)"
Counts = dict[tuple[str, str], int]


class Choice(NamedTuple):
    """The jobs of the last days, and which of them."""

    days: int = 30
    org: str = ""
    kind: str = ""
    object: str = ""
    user: str = ""

    def where(self) -> str:
        """The condition on `job_history`."""
        named: Mapping[str, str] = {
            "org_id": self.org, "kind": self.kind, "object": self.object, "created_by_id": self.user
        }  # fmt: skip
        start = f"date_trunc('day', now()) - interval {self.days - 1} day"
        conditions = [f"{column} = '{value}'" for column, value in named.items() if value]
        return " and ".join([f"created_at >= {start}", *conditions])


def everything(file: Warehouse, choice: Choice) -> dict[str, Any]:
    """All of it, in the shape of `tests.browser.shown.counted`, but for the headlines."""
    return {
        "days": days(file, choice),
        "objects": busiest_objects(file, choice),
        "shares": shares(file, choice),
        "users": busiest_users(file, choice),
        "hours": hours(file, choice),
        "times": times(file, choice),
        "calls": calls(file, choice),
        "failures": failures(file, choice),
        "stuck": stuck(file, choice),
    }


def days(file: Warehouse, choice: Choice) -> Counts:
    """How many jobs of each state each day has; days without jobs have none."""
    return _counts(
        file,
        f"""
        select cast(day as date), states.state, count(id)
        from generate_series(date_trunc('day', now()) - interval {choice.days - 1} day, now(), interval 1 day) as d(day)
        cross join {_STATES}
        left join (select *, {_STATE} as fate from job_history where {choice.where()}) as chosen
            on cast(created_at as date) = cast(day as date) and chosen.fate = states.state
        group by all
        """,
    )


def busiest_objects(file: Warehouse, choice: Choice) -> Counts:
    """How many jobs of each state each object has."""
    return _by_state(file, choice, "coalesce(object, '(no object)')")


def busiest_users(file: Warehouse, choice: Choice) -> Counts:
    """How many jobs of each state each user has; those of one name are told apart by their ids."""
    users = f"select distinct created_by_id, created_by from job_history where {choice.where()}"
    several = f"(select created_by from ({users}) group by created_by having count(*) > 1)"
    ids = "'…' || right(created_by_id, 8) || ' ' || created_by"
    name = f"case when created_by in {several} then {ids} else coalesce(created_by, created_by_id) end"
    return _by_state(file, choice, name)


def _by_state(file: Warehouse, choice: Choice, name: str) -> Counts:
    return _counts(
        file,
        f"""
        select {name} as name, states.state, count(case when {_STATE} = states.state then 1 end)
        from (select * from job_history where {choice.where()}) cross join {_STATES}
        group by all
        """,
    )


def _counts(file: Warehouse, sql: str) -> Counts:
    return {(str(name), state): jobs for name, state, jobs in file.query(sql)}


def shares(file: Warehouse, choice: Choice) -> dict[str, str]:
    """Which share of the jobs of each object failed, of those that ended."""
    rows = file.query(
        f"""select coalesce(object, '(no object)'), avg(cast(is_failed as int)) filter (is_finished)
        from job_history where {choice.where()} group by 1"""
    )
    return {name: "" if share is None else share_text(share) for name, share in rows}


def hours(file: Warehouse, choice: Choice) -> Counts:
    """How many jobs each hour of the week has."""
    rows = file.query(
        f"select isodow(created_at), hour(created_at), count(*) from job_history where {choice.where()} group by all"
    )
    return {(_WEEKDAYS[weekday - 1], str(hour)): jobs for weekday, hour, jobs in rows}


def times(file: Warehouse, choice: Choice) -> dict[tuple[str, str, str], str]:
    """How long the jobs of each day waited and ran."""
    found: dict[tuple[str, str, str], str] = {}
    for what, column in (("Wait", "queue_seconds"), ("Run", "run_seconds")):
        for whose, part in (("Half of the jobs", 0.5), ("95 of 100 jobs", 0.95)):
            rows = file.query(
                f"""select cast(created_at as date), quantile_cont({column}, {part}) as seconds from job_history
                where {choice.where()} group by 1 having seconds is not null"""
            )
            found |= {(str(day), what, whose): duration_text(seconds) for day, seconds in rows}
    return found


def calls(file: Warehouse, choice: Choice) -> dict[tuple[str, str], str]:
    """How many calls our runs made of each org on each day."""
    condition = choice._replace(kind="", object="", user="").where().replace("created_at", "ended_at")
    rows = file.query(f"select cast(ended_at as date), org_id, sum(calls) from runs where {condition} group by all")
    return {(str(day), org): f"{calls:,}" for day, org, calls in rows}


def _name(file: Warehouse, choice: Choice) -> str:
    """How a job is named: where several orgs are shown, with its org."""
    ((orgs,),) = file.query("select count(*) from run_health")
    return "id || ' in ' || org_id" if orgs > 1 and not choice.org else "id"


def failures(file: Warehouse, choice: Choice) -> list[list[str]]:
    """The ten newest jobs that failed."""
    rows = file.query(
        f"""select strftime(last_change_at, '%Y-%m-%d %H:%M'), {_name(file, choice)}, coalesce(object, ''), operation,
            coalesce(created_by, created_by_id), coalesce(error_message, ''),
            case when is_failed then 'whole job'
                else format('{{:,}} of {{:,}}', records_failed, records_processed) end
        from job_history where {choice.where()} and (is_failed or is_failed_in_part)
        order by last_change_at desc, id limit 10"""
    )
    return [[*row] for row in rows]


def stuck(file: Warehouse, choice: Choice) -> list[list[str]]:
    """The ten oldest stuck jobs. How old they are changes meanwhile."""
    condition = choice._replace(user="").where().split(" and ", 1)
    users = f"select org_id, id from job_history where created_by_id = '{choice.user}'" if choice.user else None
    rows = file.query(
        f"""select strftime(created_at, '%Y-%m-%d %H:%M'), {_name(file, choice)}, coalesce(object, ''), operation, state
        from unfinished_jobs where is_stuck {"".join(" and " + part for part in condition[1:])}
        {f"and (org_id, id) in ({users})" if users else ""} order by created_at, id limit 10"""
    )
    return [[*row] for row in rows]


def totals(file: Warehouse, choice: Choice) -> dict[str, Any]:
    """The sums of the period."""
    names = ("jobs", "jobs_finished", "jobs_failed", "jobs_failed_in_part", "records_processed", "records_failed")
    (row,) = file.query(
        f"""select count(*), count(*) filter (is_finished), count(*) filter (is_failed),
            count(*) filter (is_failed_in_part), sum(records_processed), sum(records_failed)
        from job_history where {choice.where()}"""
    )
    return dict(zip(names, row, strict=True))
