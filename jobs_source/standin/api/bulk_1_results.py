"""
Results of batches, in the format of their job, without the uploaded values.
https://developer.salesforce.com/docs/platform/api-asynch/guide/asynch-api-batches-get-results.html

    "Id","Success","Created","Error"
    "","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"

    [{"success": false, "created": false, "id": null,
      "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "...", "fields": ["LastName"]}]}]
"""

from typing import Any

from jobs_source.standin.api.bulk_1_format import (
    json_results,
    write_children,
    write_root,
    xml_response,
)
from jobs_source.standin.api.csv_files import write_csv
from jobs_source.standin.api.messages import Response
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.record_errors import split_error
from jobs_source.standin.org.records import Outcome
from jobs_source.standin.org.result_rows import batch_outcomes, found_table
from jobs_source.standin.org.soql import Select, value_of
from jobs_source.standin.org.work import Batch


def write_outcomes(job: Job, batch: Batch) -> Response:
    """Answer with what became of each record of a batch."""
    outcomes = batch_outcomes(job, batch)
    if job.kind.content_type.endswith("CSV"):
        rows = [[one.id, _truth(one.error is None), _truth(one.is_created), one.error or ""] for one in outcomes]
        return _csv(write_csv(job, ("Id", "Success", "Created", "Error"), rows))
    if job.kind.content_type.endswith("JSON"):
        return json_results([_as_json(one) for one in outcomes])
    inside = "".join(_as_xml(one) for one in outcomes)
    return xml_response(write_root("results", inside))


def write_result_ids(job: Job, batch: Batch) -> Response:
    """Answer with the ids of what a query found."""
    if job.kind.content_type.endswith("JSON"):
        return json_results([result_id(batch)])
    return xml_response(write_root("result-list", write_children({"result": result_id(batch)})))


def result_id(batch: Batch) -> str:
    """Return the id of what the query of a batch found."""
    return f"752{batch.id[3:]}"


def write_found(job: Job, batch: Batch, select: Select) -> Response:
    """Answer with the records that a query found."""
    table = found_table(batch.rows, select.fields)
    if job.kind.content_type == "CSV":
        return _csv(write_csv(job, *table))
    if job.kind.content_type == "JSON":
        attributes = {"type": select.object}
        return json_results(
            [{"attributes": attributes, **{name: value_of(row, name) for name in select.fields}} for row in batch.rows]
        )
    records = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    inside = "".join(f"<records>{write_children({'type': select.object, **record})}</records>" for record in records)
    return xml_response(write_root("queryResult", inside))


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "success": outcome.error is None,
        "created": outcome.is_created,
        "id": outcome.id or None,
        "errors": [_as_error(outcome.error)] if outcome.error is not None else [],
    }


def _as_xml(outcome: Outcome) -> str:
    values = {"id": outcome.id or None, "success": outcome.error is None, "created": outcome.is_created}
    errors = f"<errors>{write_children(_as_error(outcome.error))}</errors>" if outcome.error is not None else ""
    return f"<result>{errors}{write_children(values)}</result>"


def _as_error(text: str) -> dict[str, Any]:
    error = split_error(text)
    return {"fields": error.fields, "message": error.message, "statusCode": error.code}


def _csv(body: bytes) -> Response:
    return Response(200, body, {"Content-Type": "text/csv"})


def _truth(value: bool) -> str:
    return str(value).lower()
