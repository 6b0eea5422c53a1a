"""Fields that are not in `schema.py`: each becomes a column, and is told once."""

from collections.abc import Iterable

from dlt.common import logger

from jobs_source.resources.walk_state import UNKNOWN_COLUMNS, State
from jobs_source.schema import Table, column_name


def keep_columns(state: State, columns: Iterable[str]) -> set[str]:
    """Remember that *columns* come from Salesforce: nobody else has added them. Return those that are new."""
    known = state.setdefault(UNKNOWN_COLUMNS, [])
    new = set(columns) - set(known)
    known += sorted(new)
    return new


def warn_of_new_fields(state: State, table: Table, who: str, keys: Iterable[str]) -> None:
    """Say once that *who*, a part of Salesforce, has fields of these *keys* that nobody has documented."""
    columns = {column_name(key, table): key for key in sorted(keys)}
    for column in sorted(keep_columns(state, columns)):
        logger.warning(f"{who} has a new field, {columns[column]!r}: kept as {table.name}.{column}")
