"""Writes docs/tables.md from the source's own schema: `python -m tests.tables_document`."""

from typing import Final, NamedTuple

from jobs_source.resources.hints import column_hints
from jobs_source.schema import OUTCOMES, TABLES

INTRODUCTION: Final = """# Tables

All tables are in the dataset `salesforce_jobs`. All of them exist, empty, from the first load on, whatever is switched
on. This page is made from the schema of the source. BI tools and analysts read the [views](views.md) over them.

- Times are in UTC, to the millisecond that Salesforce sent.
- States, operations and types are plain text, because Salesforce adds new ones.
- A field that Salesforce adds becomes a text column with its own name.
- Rows never leave. A job that Salesforce no longer lists stays as it was last seen.
- Join `job_results` to `jobs` or `query_jobs` on `org_id` and `id`. In `job_states` and `job_errors` that id is
  `job_id`. `users.id` is `created_by_id` of the same `org_id`.
- Each table says what it holds of people and customers. `salesforce-jobs purge` reaches all tables.
- Tables that begin with `_dlt` belong to dlt. Do not change them: the cursor is there.
- On Postgres an empty text is null, except in columns that may not be empty.
"""
OUTCOME_MEANINGS: Final = {
    "ok": "No record failed. A query: the job is complete.",
    "some_failed": "Some records failed, others did not.",
    "all_failed": "All records failed, or the whole job.",
    "aborted": "Somebody stopped the job. Some records may have been written before.",
    "gone": "Salesforce had deleted the job before the look-up. It is not asked about again.",
    "unknown": "The job is not over, such as a Classic job whose batches still run, or counts are missing. The next"
    " run asks again, until the job has been finished for seven days.",
}


class About(NamedTuple):
    """What a row is, what the table holds of people and customers, and what else is to be known."""

    grain: str
    people: str
    more: str = ""


ABOUT: Final = {
    "jobs": About(
        "One row for each ingest job: Bulk API 2.0, Big Object and Classic",
        "ids of users, names of objects. No record.",
    ),
    "query_jobs": About(
        "One row for each Bulk API 2.0 query job",
        "ids of users, names of objects. No record, and not the text of the query.",
    ),
    "job_states": About(
        "One row for each state that a run has seen a job in. It is written once",
        "nothing.",
        "How long a job waited (`UploadComplete` to `InProgress`) and ran (`InProgress` to `JobComplete`) can be told"
        " as finely as runs are frequent: a state that begins and ends between two runs has no row. The table costs"
        " no API call.",
    ),
    "job_results": About(
        "One row for each finished job, with what became of it",
        "Salesforce's message about a whole job or batch. It may name columns of the upload. We do not know all of"
        " these messages, so one may quote a value.",
        "`load` fills it with one look-up for each job, after the jobs are loaded: [operations.md]"
        "(operations.md#what-a-run-costs). A job has no row if it had been finished for seven days before a run came"
        " to it.\n\n| outcome | meaning |\n|---|---|\n"
        + "\n".join(f"| `{outcome}` | {OUTCOME_MEANINGS[outcome]} |" for outcome in OUTCOMES),
    ),
    "job_errors": About(
        "One row for each error code and fields of a job with failed records",
        "codes and names of fields. No message, no value and no id of a record.",
        "It stays empty unless `include_job_errors = true`. A row with an empty code counts failed records that"
        " Salesforce does not show, or whose error has an odd form.",
    ),
    "users": About(
        "One row for each user that made a job",
        "**names and login names of people**, and their profiles.",
        "It stays empty unless `include_users = true`. Each user is looked up again once a day.",
    ),
    "rejected_jobs": About(
        "One row for each entry of a list, or answer of a look-up, that could not be a row, or only in part",
        "the entry as Salesforce sent it, so what `jobs` and `job_results` hold.",
    ),
    "runs": About(
        "One row for each successful run of an org and a listing, and for each round of look-ups. A failed run of a"
        " listing has none",
        "the address of the org and the name of its section. Nothing of people.",
    ),
}


def render() -> str:
    parts = [INTRODUCTION]
    for name, table in TABLES.items():
        about = ABOUT[name]
        key = ", ".join(f"`{column}`" for column in table.primary_key)
        parts.append(f"\n## {name}\n\n{about.grain}. Key: {key}.\n\nOf people and customers: {about.people}\n\n")
        parts.append(f"{about.more}\n\n" if about.more else "")
        parts.append("| column | type | may be empty | meaning |\n|---|---|---|---|\n")
        for column, hints in column_hints(table).items():
            empty = "yes" if hints["nullable"] else "no"
            parts.append(f"| `{column}` | {hints['data_type']} | {empty} | {hints['description']} |\n")
    return "".join(parts)


if __name__ == "__main__":
    from tests.conftest import ROOT

    (ROOT / "docs" / "tables.md").write_text(render(), encoding="utf-8")
