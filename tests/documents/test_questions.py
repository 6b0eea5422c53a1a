"""docs/questions.md: each query gives what the page shows. And what dbt would ask of the same rows holds."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from jobs_source.commands.demo import _ALL_TABLES
from jobs_source.standin import StandIn
from tests.conftest import MOST_RESULTS
from tests.documents import dbt_sources
from tests.documents.questions import ANSWER, DOCUMENT, answer, load_twice, make_org
from tests.saved_loads import SavedLoads
from tests.warehouses import Warehouse

WRONG_ROWS = {
    "not_null": "{table} where {column} is null",
    "unique": "(select 1 from {table} group by {column} having count(*) > 1) as twice",
    "accepted_values": "{table} where {column} not in ({values})",
    "relationships": "{table} where {column} not in (select {field} from {to})",
}


@pytest.fixture
def loaded(
    log_in: Callable[[StandIn], None],
    warehouse: Warehouse,
    saved_loads: SavedLoads,
    monkeypatch: pytest.MonkeyPatch,
) -> Warehouse:
    """The org of the page."""
    monkeypatch.delenv(MOST_RESULTS)
    for name, value in _ALL_TABLES.items():
        monkeypatch.setenv(name, value)
    with make_org() as org:
        log_in(org)
        if warehouse.destination == "duckdb":
            saved_loads.load("questions", lambda: load_twice(org))
        else:
            load_twice(org, warehouse.destination)
    return warehouse


def test_every_query_gives_the_answer_of_the_page(loaded: Warehouse) -> None:
    """Row by row, in DuckDB and in Postgres; `python -m tests.documents.questions` renews the answers."""
    asked = ANSWER.findall(DOCUMENT.read_text(encoding="utf-8"))

    assert len(asked) == 10
    assert [answer(query, loaded.destination) for query, _ in asked] == [table for _, table in asked]


def test_what_dbt_would_test_holds(loaded: Warehouse) -> None:
    """No row is against a test of docs/dbt/sources.yml: empty, twice, of an unknown value, without its other row."""
    (source,) = yaml.safe_load(dbt_sources.render())["sources"]
    queries = [query for table in source["tables"] for query in _queries(table)]

    assert len(queries) > 70
    with loaded.reading() as ask:
        assert [query for query in queries if ask(query) != [(0,)]] == []


def _queries(table: dict[str, Any]) -> Iterator[str]:
    for owner in (table, *table["columns"]):
        for test in owner.get("data_tests", []):
            kind, settings = (test, {}) if isinstance(test, str) else next(iter(test.items()))
            found = {"column_name": owner["name"], **settings.get("arguments", {})}
            wrong = WRONG_ROWS[kind].format(
                table=table["name"],
                column=found["column_name"],
                values=", ".join(f"'{value}'" for value in found.get("values", [])),
                field=found.get("field"),
                to=found.get("to", "").rpartition(", '")[2].removesuffix("')"),
            )
            yield f"select count(*) from {wrong}"
