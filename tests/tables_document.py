"""Writes docs/tables.md from the source's own schema: `python -m tests.tables_document`."""

from jobs_source.resources.hints import column_hints
from jobs_source.schema import TABLES

INTRODUCTION = """# Tables

All tables are in the dataset `salesforce_jobs`. This page is made from the schema of the source.

- Times are in UTC, to the millisecond that Salesforce sent.
- States, operations and types are plain text, because Salesforce adds new ones.
- A field that Salesforce adds to its list becomes a text column with its own name.
- Rows never leave. A job that Salesforce no longer lists stays as it was last seen.
- Tables that begin with `_dlt` belong to dlt. Do not change them: the cursor is there.
- On Postgres an empty text becomes null.
"""
GRAINS = {
    "jobs": "One row for each ingest job: Bulk API 2.0, Big Object and Classic",
    "query_jobs": "One row for each Bulk API 2.0 query job",
    "rejected_jobs": "One row for each list entry that could not be a row, or only in part",
    "runs": "One row for each successful run of an org and a listing. A failed run has none",
}


def render() -> str:
    parts = [INTRODUCTION]
    for name, table in TABLES.items():
        key = ", ".join(f"`{column}`" for column in table.primary_key)
        parts.append(
            f"\n## {name}\n\n{GRAINS[name]}. Key: {key}.\n\n"
            "| column | type | may be empty | meaning |\n|---|---|---|---|\n"
        )
        for column, hints in column_hints(table).items():
            empty = "yes" if hints["nullable"] else "no"
            parts.append(f"| `{column}` | {hints['data_type']} | {empty} | {hints['description']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    from tests.conftest import ROOT

    (ROOT / "docs" / "tables.md").write_text(render(), encoding="utf-8")
