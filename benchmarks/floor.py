"""
The same tables without dlt, as fast as these libraries go: no retries, no state but the table, no dedup, no odd rows.

    python -m benchmarks.floor URL [JOB_TYPE ...]

A thread fetches ahead; fifty pages become one Arrow table, parsed by Arrow on all cores; a cursor from the table itself
says which rows are new; they replace their older versions in one transaction. Several job types are fetched side by
side.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from queue import Queue
from threading import Thread
from typing import Final, Optional

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import json as arrow_json

from benchmarks.network import walk, with_urllib3

BATCH_PAGES: Final = 50
READ_AHEAD_PAGES: Final = 8
TABLE: Final = "jobs"
_TIME: Final = pa.timestamp("us", tz="UTC")
_COLUMNS: Final = {
    "id": "id",
    "operation": "operation",
    "object": "object",
    "createdById": "created_by_id",
    "createdDate": "created_date",
    "systemModstamp": "system_modstamp",
    "state": "state",
    "concurrencyMode": "concurrency_mode",
    "contentType": "content_type",
    "apiVersion": "api_version",
    "contentUrl": "content_url",
    "jobType": "job_type",
    "lineEnding": "line_ending",
    "columnDelimiter": "column_delimiter",
}
_TIMES: Final = ("created_date", "system_modstamp")
_SCHEMA: Final = pa.schema([(key, pa.float64() if key == "apiVersion" else pa.string()) for key in _COLUMNS])


class Page(msgspec.Struct):
    """What is left in JSON of one answer."""

    records: list[msgspec.Raw]


def read_ahead(url: str, job_type: str = "") -> Iterator[bytes]:
    """Yield the bodies of the pages, fetched in a thread."""
    queue: Queue[Optional[bytes]] = Queue(READ_AHEAD_PAGES)

    def fetch() -> None:
        for body in walk(with_urllib3(), url, job_type):
            queue.put(body)
        queue.put(None)

    Thread(target=fetch, daemon=True).start()
    return iter(queue.get, None)


def make_table(entries: list[msgspec.Raw]) -> pa.Table:
    """Turn entries into a typed table."""
    options = arrow_json.ParseOptions(explicit_schema=_SCHEMA)
    raw = arrow_json.read_json(pa.BufferReader(b"\n".join(entries)), parse_options=options)
    columns = dict(zip(_COLUMNS.values(), raw.columns, strict=True))
    return pa.table({name: column.cast(_TIME) if name in _TIMES else column for name, column in columns.items()})


def new_rows(bodies: Iterator[bytes], cursor: Optional[datetime]) -> Iterator[pa.Table]:
    """Yield what is stamped from *cursor* on, fifty pages at a time."""
    pages = map(msgspec.json.Decoder(Page).decode, bodies)
    while batch := [entry for page in islice(pages, BATCH_PAGES) for entry in page.records]:
        table = make_table(batch)
        if cursor is not None:
            table = table.filter(pc.greater_equal(table["system_modstamp"], cursor))
        if table.num_rows:
            yield table


def _side_by_side(url: str, job_types: list[str]) -> Iterator[bytes]:
    walks = [read_ahead(url, job_type) for job_type in job_types or [""]]
    while walks:
        for bodies in tuple(walks):
            if (body := next(bodies, None)) is None:
                walks.remove(bodies)
            else:
                yield body


def main(url: str, *job_types: str) -> None:
    with duckdb.connect("floor.duckdb") as connection, ThreadPoolExecutor(1) as writer:
        connection.execute("set timezone = 'UTC'")
        connection.register("nothing", make_table([msgspec.Raw(b"{}")]).slice(1))
        connection.execute(f"create table if not exists {TABLE} as from nothing")
        (cursor,) = connection.execute(f"select max(system_modstamp) from {TABLE}").fetchall()[0]
        connection.execute("begin")
        written = [
            writer.submit(_write, connection, batch, cursor is not None)
            for batch in new_rows(_side_by_side(url, list(job_types)), cursor)
        ]
        for done in written:
            done.result()
        connection.execute("commit")


def _write(connection: duckdb.DuckDBPyConnection, batch: pa.Table, is_merge: bool) -> None:
    connection.register("batch", batch)
    if is_merge:
        connection.execute(f"delete from {TABLE} where id in (select id from batch)")
    connection.execute(f"insert into {TABLE} from batch")
    connection.unregister("batch")


if __name__ == "__main__":
    main(*sys.argv[1:])
