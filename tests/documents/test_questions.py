"""docs/questions.md: each query gives what the page shows."""

from collections.abc import Callable

import pytest

from jobs_source.commands.demo import _ALL_TABLES
from jobs_source.standin import StandIn
from tests.conftest import MOST_RESULTS
from tests.documents.questions import ANSWER, DOCUMENT, answer, load_twice, make_org
from tests.saved_loads import SavedLoads
from tests.warehouses import Warehouse, on_both


@on_both
def test_every_query_gives_the_answer_of_the_page(
    log_in: Callable[[StandIn], None],
    warehouse: Warehouse,
    saved_loads: SavedLoads,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Row by row, in DuckDB and in Postgres; `python -m tests.documents.questions` renews the answers."""
    monkeypatch.delenv(MOST_RESULTS)
    for name, value in _ALL_TABLES.items():
        monkeypatch.setenv(name, value)
    with make_org() as org:
        log_in(org)
        if warehouse.destination == "duckdb":
            saved_loads.load("questions", lambda: load_twice(org))
        else:
            load_twice(org, warehouse.destination)
    asked = ANSWER.findall(DOCUMENT.read_text(encoding="utf-8"))

    assert len(asked) == 10
    assert [answer(query, warehouse.destination) for query, _ in asked] == [table for _, table in asked]
