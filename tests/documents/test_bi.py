"""docs/bi.md: its role reads the views of a real Postgres, and nothing else."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege, ReadOnlySqlTransaction

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from jobs_source.views import VIEWS
from jobs_source.views.definitions import mark
from tests.conftest import ROOT
from tests.warehouses import Warehouse

PAGE = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
FORBIDDEN = (
    "delete from salesforce_jobs.jobs",
    "drop view salesforce_jobs.job_history",
    "create table salesforce_jobs.mine (id int)",
    "create temporary table mine (id int)",
)
postgres = pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)


class Reader:
    """Somebody with the role of the page."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.role = f"bi_{uuid4().hex}"
        self._address = {**warehouse.address, "user": self.role}
        (statements,) = re.findall(r"```sql\n(create role.*?)```", PAGE, re.DOTALL)
        statements = statements.replace("bi_reader", self.role).replace("DATABASE", warehouse.address["dbname"])
        warehouse.execute(statements)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask, without a default schema."""
        connection = psycopg2.connect(**self._address)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def jobs(self, view: str) -> int:
        """How many rows a view shows."""
        return int(self.query(f"select count(*) from salesforce_jobs.{view}")[0][0])


@pytest.fixture
def loaded(standin: StandIn, log_in: Callable[..., None], warehouse: Warehouse) -> StandIn:
    standin.org.add_jobs(3, job_type="V2Ingest", state="Failed")
    standin.org.add_jobs(2, job_type="V2Ingest", state="Open")
    standin.org.clock.advance(seconds=60)
    log_in(standin)
    load(destination=warehouse.destination)
    return standin


@postgres
def test_the_role_reads_every_view_and_cannot_do_more(loaded: StandIn, warehouse: Warehouse) -> None:
    """No table: views show their tables to whoever may read the view. And it writes nothing, not even of its own."""
    reader = Reader(warehouse)

    assert {view: reader.jobs(view) for view in VIEWS if view != "jobs_daily"} == {
        "job_history": 5,
        "job_failures": 3,
        "unfinished_jobs": 2,
        "run_health": 1,
    }
    assert reader.query("select sum(jobs_created) from salesforce_jobs.jobs_daily") == [(5,)]
    with pytest.raises(InsufficientPrivilege):
        reader.query("select * from salesforce_jobs.users")
    for statement in FORBIDDEN:
        with pytest.raises(ReadOnlySqlTransaction):
            reader.query(statement)
    for statement in FORBIDDEN[:3]:
        with pytest.raises(InsufficientPrivilege):  # also if it takes the first guard away
            reader.query(f"set transaction read write; {statement}")


@postgres
def test_the_role_reads_on_after_a_load_that_makes_a_view_anew(loaded: StandIn, warehouse: Warehouse) -> None:
    """As after an upgrade in which a view has got other columns."""
    reader = Reader(warehouse)
    name = "salesforce_jobs.job_history"
    warehouse.execute(
        f"drop view {name}; create view {name} as select 1 as old; comment on view {name} is '{mark('0')}';"
        f" grant select on {name} to {reader.role}"
    )
    assert reader.query(f"select * from {name}") == [(1,)]
    loaded.org.add_jobs(1, job_type="V2Ingest", state="Open", created=loaded.org.clock.now())
    loaded.org.clock.advance(seconds=60)

    load(destination=warehouse.destination)

    assert (reader.jobs("job_history"), reader.jobs("unfinished_jobs")) == (6, 3)
