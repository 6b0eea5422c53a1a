"""
Tells whether a table holds what the server served, row by row: a fast wrong answer is none.

    python -m benchmarks.check served URL          what is served now, as DuckDB's own JSON reader understands it
    python -m benchmarks.check loaded FILE TABLE   what a competitor's table holds
    python -m benchmarks.check looked-up FILE      how many jobs have a result that tells what became of them

They print `{"rows": 20000, "checksum": "..."}`, the last one without a checksum. It is the sum of a hash of every row,
all columns in it, so it depends neither on the order nor on how a column is stored: `64.0` may be a number or text, a
time may be text too.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb

from benchmarks.network import walk, with_urllib3

_TEXTS = (
    "id",
    "operation",
    "object",
    "createdById",
    "state",
    "concurrencyMode",
    "contentType",
    "contentUrl",
    "jobType",
    "lineEnding",
    "columnDelimiter",
)
_MODULUS = 10**30  # three million hashes below it add up to less than DuckDB's largest integer
_TIMES = ("createdDate", "systemModstamp")


def served(url: str) -> str:
    """Walk the listing and return its figures as JSON."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder, "pages.json")
        with path.open("wb") as file:
            file.writelines(body + b"\n" for body in walk(with_urllib3(), url))
        fields = ", ".join(f'"{name}" varchar' for name in (*_TEXTS, *_TIMES, "apiVersion"))
        connection.execute(
            "create view jobs as select unnest(records, recursive := true) from"
            " read_json($file, format := 'newline_delimited', maximum_object_size := 100000000,"
            f" columns := {{records: 'struct({fields})[]'}})".replace("$file", f"'{path}'")
        )
        return _figures(connection, "jobs", {name: name for name in (*_TEXTS, *_TIMES, "apiVersion")})


def loaded(file: str, table: str) -> str:
    """Return the figures of a table in a DuckDB file as JSON; its columns are named in snake_case."""
    with duckdb.connect(file, read_only=True) as connection:
        return _figures(connection, table, {name: _snake(name) for name in (*_TEXTS, *_TIMES, "apiVersion")})


def looked_up(file: str) -> str:
    """Return as JSON how many jobs have a result, less those that are gone or unknown."""
    with duckdb.connect(file, read_only=True) as connection:
        ((rows,),) = connection.execute(
            "select count(distinct id) from salesforce_jobs.job_results where outcome not in ('gone', 'unknown')"
        ).fetchall()
        return json.dumps({"rows": rows})


def _figures(connection: duckdb.DuckDBPyConnection, table: str, names: dict[str, str]) -> str:
    connection.execute("set timezone = 'UTC'")
    parts = [f"coalesce(\"{names[name]}\", '-')" for name in _TEXTS]
    parts += [f"coalesce(epoch_us(cast(\"{names[name]}\" as timestamptz))::varchar, '-')" for name in _TIMES]
    parts.append(f"coalesce(cast(\"{names['apiVersion']}\" as double)::varchar, '-')")
    row = f"concat_ws('|', {', '.join(parts)})"
    rows, checksum = connection.execute(
        f"select count(*), coalesce(sum((md5_number({row}) % {_MODULUS})::hugeint), 0)::varchar from {table}"
    ).fetchall()[0]
    return json.dumps({"rows": rows, "checksum": checksum})


def _snake(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


if __name__ == "__main__":
    ways: dict[str, Callable[..., str]] = {"served": served, "loaded": loaded, "looked-up": looked_up}
    print(ways[sys.argv[1]](*sys.argv[2:]))
