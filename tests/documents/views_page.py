"""Writes docs/views.md from the views' own files and `view_columns.py`: `python -m tests.documents.views_page`."""

from typing import Final

from tests.conftest import ROOT
from tests.documents.view_columns import all_views

DOCUMENT: Final = ROOT / "docs" / "views.md"
INTRODUCTION: Final = """\
# Views

Five views over the [tables](tables.md), in the same dataset, for BI tools and analysts. Each load makes them on DuckDB
and on Postgres, and makes them anew when a new version of this program changes them. In your own pipelines call
`create_views(pipeline)` after the run.

- What they answer, with the SQL: [questions.md](questions.md). How a BI tool connects: [bi.md](bi.md).
- Names of columns stay. New ones come last.
- Times are UTC. Rates are between 0 and 1. What is not known is empty, never 0.
- **What became of a job is known after its look-up.** With `--no-results` the records and times stay empty. Salesforce
  lists a job as complete also if it lost records, and a Classic job as `Closed` also if all of them failed.
- Of people and customers they show what the tables have: names of users in `created_by`, and in `error_message` the
  words of Salesforce about a whole job. Login names are only in `users`.
- Columns such as `age_seconds` count until now: the time of your query.
- A view or table of your own with one of these names stays as it is. The load then warns, and the view is missing.
"""


def render() -> str:
    """The page, whole."""
    parts = [INTRODUCTION]
    for view in all_views():
        key = ", ".join(f"`{column}`" for column in view.key)
        parts.append(f"\n## {view.name}\n\n{_sentence(view.question)}\n\n{_sentence(view.grain)}. Key: {key}.\n\n")
        parts.append("| column | type | may be empty | meaning |\n|---|---|---|---|\n")
        for column in view.columns:
            empty = "yes" if column.is_nullable else "no"
            parts.append(f"| `{column.name}` | {column.type} | {empty} | {column.description} |\n")
    return "".join(parts)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


if __name__ == "__main__":
    DOCUMENT.write_text(render(), encoding="utf-8")
