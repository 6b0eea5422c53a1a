"""Odd rows on their whole way, from the listing to the warehouse."""

from collections.abc import Callable

from jobs_source.runner.load import load
from jobs_source.standin import StandIn
from tests.expected import COLUMNS, expected_row
from tests.odd_values import PLAIN, VALUES, rejection, without
from tests.warehouses import Warehouse

LogIn = Callable[..., None]


def test_every_odd_value_of_every_field_is_in_the_warehouse_or_told_or_both(
    standin: StandIn, log_in: LogIn, warehouse: Warehouse
) -> None:
    """A row for each, whole but for that one value, and a rejected entry where it could not be kept."""
    org_id, is_postgres = standin.org.org_id, warehouse.destination == "postgres"
    rows, rejected = {}, []
    for key, odds in VALUES.items():
        for number, odd in enumerate(odds):
            entry = {**PLAIN, "id": f"750 {key} {number}", key: odd.raw}
            standin.org.add_raw_entry(entry)
            value = None if odd.value == "" and is_postgres else odd.value  # dlt copies with FORCE_NULL
            rows[entry["id"]] = {**expected_row(org_id, {**PLAIN, "id": entry["id"]}), COLUMNS[key]: value}
            rejected += [rejection(entry, f"{key}: {odd.reason}", org_id)] if odd.reason else []
        missing = {**without(key), "id": f"750 {key} missing"}
        standin.org.add_raw_entry(missing)
        rows[missing["id"]] = {**expected_row(org_id, {**PLAIN, "id": missing["id"]}), COLUMNS[key]: None}
    log_in(standin)

    summary = load(destination=warehouse.destination)

    assert (summary.jobs_listed, summary.jobs_new, summary.entries_rejected) == (len(rows), len(rows), len(rejected))
    assert {row["id"]: row for row in warehouse.rows("jobs")} == rows
    assert warehouse.rows("rejected_jobs") == sorted(rejected, key=lambda row: row["entry_hash"])
