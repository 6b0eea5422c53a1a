"""docs/views.md and docs/dbt/sources.yml say what the real views are."""

from collections.abc import Callable

import pytest

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.documents import dbt_sources, views_page
from tests.documents.view_columns import all_views
from tests.warehouses import DATASET, Warehouse

TYPES = {
    "varchar": "text",
    "character varying": "text",
    "text": "text",
    "timestamp with time zone": "timestamp",
    "double": "number",
    "double precision": "number",
    "numeric": "number",
    "boolean": "bool",
}


def test_the_page_is_what_the_views_say() -> None:
    """`python -m tests.documents.views_page` writes it."""
    assert views_page.DOCUMENT.read_text(encoding="utf-8") == views_page.render()


def test_the_sources_of_dbt_are_those_of_the_schema_and_the_views() -> None:
    """`python -m tests.documents.dbt_sources` writes the file."""
    assert dbt_sources.DOCUMENT.read_text(encoding="utf-8") == dbt_sources.render()


def test_each_view_has_the_columns_of_the_page(
    standin: StandIn, log_in: Callable[..., None], warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order, with their types, in DuckDB and in Postgres, also while there is no job."""
    log_in(standin)
    load(destination=warehouse.destination)

    for view in all_views():
        found = warehouse.query(
            "select column_name, data_type from information_schema.columns"
            f" where table_schema = '{DATASET}' and table_name = '{view.name}' order by ordinal_position"
        )
        real = [(name, TYPES.get(type_.lower(), type_.lower())) for name, type_ in found]
        assert real == [(column.name, column.type) for column in view.columns]
