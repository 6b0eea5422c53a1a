"""Writes docs/dbt/sources.yml from the schema and the views: `python -m tests.documents.dbt_sources`."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from jobs_source.resources.hints import column_hints
from jobs_source.schema import LOOK_UP_LISTINGS, OUTCOMES, TABLES
from jobs_source.settings import INGEST_ENDPOINT, QUERY_ENDPOINT
from tests.conftest import ROOT
from tests.documents.view_columns import all_views
from tests.tables_document import ABOUT

DOCUMENT: Final = ROOT / "docs" / "dbt" / "sources.yml"
NAME: Final = "salesforce_jobs"
HEAD: Final = """\
# Tables and views of salesforce-jobs for dbt 1.10 or newer. Copy this file into the folder `models` of your project.
# Another dataset or database: set the variables salesforce_jobs_schema and salesforce_jobs_database in dbt_project.yml.
# Made by `python -m tests.documents.dbt_sources`.
"""
LISTINGS: Final = [INGEST_ENDPOINT, QUERY_ENDPOINT, *LOOK_UP_LISTINGS]
Test = dict[str, dict[str, Any]]


def _test(kind: str, **arguments: Any) -> Test:
    return {kind: {"arguments": arguments}}


def _refers_to(table: str, field: str) -> Test:
    return _test("relationships", to=f"source('{NAME}', '{table}')", field=field)


MORE_TESTS: Final = {
    ("job_results", "outcome"): [_test("accepted_values", values=list(OUTCOMES))],
    ("job_results", "id"): [_refers_to("job_history", "id")],
    ("job_states", "job_id"): [_refers_to("job_history", "id")],
    ("job_errors", "job_id"): [_refers_to("jobs", "id")],
    ("runs", "listing"): [_test("accepted_values", values=LISTINGS)],
    ("job_history", "outcome"): [_test("accepted_values", values=list(OUTCOMES))],
    ("job_history", "kind"): [_test("accepted_values", values=["ingest", "query"])],
    ("unfinished_jobs", "kind"): [_test("accepted_values", values=["ingest", "query"])],
}
FRESHNESS: Final = {
    "loaded_at_field": "started_at",
    "freshness": {
        "warn_after": {"count": 26, "period": "hour"},
        "error_after": {"count": 6, "period": "day"},
        "filter": f"listing in ('{INGEST_ENDPOINT}', '{QUERY_ENDPOINT}')",
    },
}


def render() -> str:
    """The file, whole."""
    source = {
        "name": NAME,
        "description": "The history of Salesforce bulk jobs.",
        "database": "{{ var('salesforce_jobs_database', target.database) }}",
        "schema": f"{{{{ var('salesforce_jobs_schema', '{NAME}') }}}}",
        "tables": [*_views(), *_tables()],
    }
    content = {"version": 2, "sources": [source]}
    return f"{HEAD}{yaml.safe_dump(content, sort_keys=False, width=1_000, allow_unicode=True)}"


def _views() -> Iterator[dict[str, Any]]:
    for view in all_views():
        columns = [(column.name, column.is_nullable, column.description) for column in view.columns]
        yield _entry(view.name, f"{view.grain[0].upper()}{view.grain[1:]}.", view.key, columns)


def _tables() -> Iterator[dict[str, Any]]:
    for name, table in TABLES.items():
        hints = column_hints(table)
        columns = [(column, bool(hint["nullable"]), str(hint["description"])) for column, hint in hints.items()]
        yield _entry(name, f"{ABOUT[name].grain}.", table.primary_key, columns)


def _entry(name: str, description: str, key: Sequence[str], columns: list[tuple[str, bool, str]]) -> dict[str, Any]:
    """One table or view. Where the key is more than one column, dbt looks at all of them together."""
    entry: dict[str, Any] = {"name": name, "description": description}
    separator = ", '|', "
    if name == "runs":
        entry["config"] = FRESHNESS
    if len(key) > 1:
        entry["data_tests"] = [_test("unique", column_name=f"concat({separator.join(key)})")]
    entry["columns"] = [_column(name, key, *column) for column in columns]
    return entry


def _column(table: str, key: Sequence[str], name: str, is_nullable: bool, description: str) -> dict[str, Any]:
    tests: list[Any] = [] if is_nullable else ["not_null"]
    tests += ["unique"] if tuple(key) == (name,) else []
    tests += MORE_TESTS.get((table, name), [])
    tests += [_refers_to("runs", name)] if name == "run_id" and table != "runs" else []
    return {"name": name, "description": description, **({"data_tests": tests} if tests else {})}


if __name__ == "__main__":
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(render(), encoding="utf-8")
