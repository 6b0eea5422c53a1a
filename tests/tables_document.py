"""Writes docs/tables.md from the source's own schema: `python -m tests.tables_document`."""

from jobs_source.resources.hints import column_hints
from jobs_source.schema import TABLES

INTRODUCTION = """# Tables

All are in the dataset `salesforce_jobs`. Times are UTC, to the millisecond that Salesforce sent. States, operations and
types are open text: Salesforce adds to them. A field that Salesforce adds to its list becomes a text column of its own.
No load deletes a row: a job that is no longer listed stays as it was last seen. dlt's own tables begin with `_dlt`.
In Postgres an empty text becomes null, because dlt copies it so.
"""
GRAINS = {
    "jobs": "One row per ingest job",
    "query_jobs": "One row per Bulk API 2.0 query job",
    "rejected_jobs": "One row per list entry that could not become a row, or only an incomplete one",
    "runs": "One row per successful run of one org and listing, written with the rows of that run",
}


def render() -> str:
    parts = [INTRODUCTION]
    for name, table in TABLES.items():
        key = ", ".join(f"`{column}`" for column in table.primary_key)
        parts.append(
            f"\n## {name}\n\n{GRAINS[name]}; key {key}.\n\n"
            "| column | type | may be empty | meaning |\n|---|---|---|---|\n"
        )
        for column, hints in column_hints(table).items():
            empty = "yes" if hints["nullable"] else "no"
            parts.append(f"| `{column}` | {hints['data_type']} | {empty} | {hints['description']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    from tests.conftest import ROOT

    (ROOT / "docs" / "tables.md").write_text(render(), encoding="utf-8")
