"""Reads the views from their files, and writes them in the dialect of a destination."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlglot import exp, parse_one

from jobs_source.schema import COUNT, FLAG, TABLES, TEXT, TIME, Column

DIALECTS: Final = ("duckdb", "postgres")  # others are not proven by a test
_FOLDER: Final = Path(__file__).parent
_DATASET: Final = "salesforce_jobs"  # as the files name it
SQL_TYPES: Final[Mapping[pa.DataType, str]] = {TEXT: "text", TIME: "timestamptz", COUNT: "bigint", FLAG: "boolean"}


def comment_on(name: str, sql: Any, tables: Mapping[str, int]) -> str:
    """
    Say what a view is for, with the mark of all that it is made from: its SQL, and which *tables* are there.

    It is written without the work of making the SQL: each run compares it.
    """
    text = _path(name).read_text(encoding="utf-8")
    question = re.search(r"^-- Question: (.*)$", text, re.MULTILINE)
    parts = [path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("parts/*.sql"))]
    how, where = Path(__file__).read_text(encoding="utf-8"), sql.make_qualified_table_name(name)
    digest = hashlib.sha256("\n".join((text, *parts, how, where, *map(str, sorted(tables.items())))).encode())
    asked = question[1] if question else name
    return f"{asked[0].upper()}{asked[1:]} {mark(digest.hexdigest()[:16])}"


def is_ours(comment: str) -> bool:
    """Tell whether we have made the view that has this *comment*."""
    return re.search(re.escape(mark("VERSION")).replace("VERSION", "[0-9a-z]+") + "$", comment) is not None


def write_query(name: str, sql: Any, found: Collection[str]) -> str:
    """Write what a view selects, for dlt's client *sql*. A table of ours that is not among those *found* is empty."""
    place = sql.make_qualified_table_name_path(None, quote=False)
    columns = frozenset((table, column.name) for table in found for column in TABLES[table].columns)
    return write_sql(_path(name), tuple(place), sql.capabilities.sqlglot_dialect, columns)


@cache  # sqlglot takes a tenth of a second for all views
def write_sql(file: Path, dataset: tuple[str, ...], dialect: str, found: frozenset[tuple[str, str]]) -> str:
    """
    Write the query of a *file* of SQL that reads our tables and views, with the views in it put in their places.

    So it asks nothing of the views that a dataset has. A table of ours that is not among those *found* is empty.

    Args:
        dataset: The parts of its name in the database: the catalog, if there is one, and the schema.
        found: The columns that are there, each with its table before it. One of ours that is not among them is null.
    """
    place = [exp.to_identifier(part, quoted=True) for part in dataset]
    query = _parse(file).copy()
    for table in _sources(query):
        columns = TABLES[table.name].columns
        there = [column for column in columns if (table.name, column.name) in found]
        lacking = _nulls(column for column in columns if column not in there)
        if there:
            table.set("db", place[-1].copy())
            table.set("catalog", place[0].copy() if len(place) > 1 else None)
        if not there or lacking:
            filled = exp.select("*", *lacking).from_(table.copy()) if there else exp.select(*lacking).where(exp.false())
            table.replace(exp.alias_(filled.subquery(), table.alias_or_name, table=True))
    if dialect == "postgres":
        query = query.transform(_for_postgres)
    return str(query.sql(dialect=dialect, comments=False))


def mark(version: str) -> str:
    """Return the end of the comment of each view of ours."""
    return f"[salesforce-jobs view {version}]"


def _path(name: str) -> Path:
    path = _FOLDER / f"{name}.sql"
    return path if path.exists() else _FOLDER / "parts" / path.name


@cache
def _parse(file: Path) -> Any:
    """Read a file of SQL, with the views and parts in it put in their places."""
    query = parse_one(file.read_text(encoding="utf-8"), dialect="duckdb")
    for table in _sources(query):
        if table.name not in TABLES:
            table.replace(exp.alias_(_parse(_path(table.name)).copy().subquery(), table.alias_or_name, table=True))
    return query


def _sources(query: Any) -> list[exp.Table]:
    """Find what a query reads that is none of its own parts: the files name it with the dataset."""
    return [table for table in query.find_all(exp.Table) if table.db == _DATASET]


def _nulls(columns: Iterable[Column]) -> list[Any]:
    return [exp.cast(exp.null(), SQL_TYPES[column.type], dialect="duckdb").as_(column.name) for column in columns]


def _for_postgres(node: Any) -> Any:
    """Write what sqlglot passes on as it is: microseconds since 1970, and between two times, which is faster."""
    if isinstance(node, exp.Sub) and _is_epoch(node.this) and _is_epoch(node.expression):
        return _microseconds(exp.paren(node.this.expressions[0] - node.expression.expressions[0]))
    return _microseconds(node.expressions[0]) if _is_epoch(node) else node


def _is_epoch(node: Any) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "epoch_us"


def _microseconds(of: Any) -> Any:
    seconds = exp.func("date_part", exp.Literal.string("epoch"), of.copy())
    return exp.cast(exp.paren(seconds * 1_000_000), "bigint")
