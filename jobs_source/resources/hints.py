"""The tables of `schema.py` as dlt takes them."""

from typing import Final

import pyarrow as pa
from dlt.common.data_types import TDataType
from dlt.common.schema.typing import TColumnSchema

from jobs_source.schema import COUNT, FLAG, TEXT, TIME, Table

_DATA_TYPES: Final[dict[pa.DataType, TDataType]] = {TEXT: "text", TIME: "timestamp", COUNT: "bigint", FLAG: "bool"}


def column_hints(table: Table) -> dict[str, TColumnSchema]:
    """Describe the columns of *table*. Of two rows of one job in one load the one with the newest stamp stays."""
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
        hints["system_modstamp"]["dedup_sort"] = "desc"
    return hints
