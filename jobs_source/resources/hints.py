"""The tables of `schema.py` as dlt takes them."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import dlt
import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.schema.typing import TColumnSchema
from dlt.sources import DltResource

from jobs_source.schema import COUNT, FLAG, LOAD_ID, TEXT, TIME, Table

_DATA_TYPES: Final[dict[pa.DataType, TDataType]] = {TEXT: "text", TIME: "timestamp", COUNT: "bigint", FLAG: "bool"}


def column_hints(table: Table) -> dict[str, TColumnSchema]:
    """
    Describe the columns of *table*.

    Of two rows of one job in one load the one with the newest stamp stays; of a state, the one with the oldest.
    """
    hints: dict[str, TColumnSchema] = {
        column.name: {
            "name": column.name,
            "data_type": _DATA_TYPES[column.type],
            "nullable": column.is_nullable,
            "description": column.description,
        }
        for column in table.columns
    }
    if "system_modstamp" in hints:
        hints["system_modstamp"]["dedup_sort"] = "asc" if table.is_written_once else "desc"
    return hints


def table_hints(table: Table) -> dict[str, Any]:
    """
    Say how the rows of *table* are written: merged, so that a load that is killed and repeated doubles none.

    Only one of dlt's two keys is given: with both, DuckDB compares every row with every other one.
    """
    strategy = "insert-only" if table.is_written_once else "delete-insert"
    keys: dict[str, Any] = {"primary_key": table.primary_key}
    return {
        **({"primary_key": (), "merge_key": table.replaced_by} if table.replaced_by else keys),
        "write_disposition": {"disposition": "merge", "strategy": strategy},
        "columns": column_hints(table) | _load_id_column(),
    }


def add_side_tables(resource: DltResource, tables: Iterable[Table]) -> None:
    """Let *resource* fill these *tables* too, besides its own."""
    apply_hints = partial(DltResource.apply_hints, resource, create_table_variant=True)  # ours need no check
    for table in tables:  # what dlt calls a variant starts with the resource's columns and keys: drop them first
        apply_hints(table_name=table.name, columns={}, merge_key=())
        apply_hints(table_name=table.name, **table_hints(table))


def _load_id_column() -> dict[str, TColumnSchema]:
    """
    Let the column be empty that dlt adds where it is configured to, since rows of other runs have no value there.

    Where dlt does not add it, dlt would warn in each run that it got no values.
    """
    is_added = dlt.config.get("normalize.parquet_normalizer.add_dlt_load_id", bool)
    return {LOAD_ID: {"name": LOAD_ID, "nullable": True}} if is_added else {}
