"""Which of dlt's hints a table of jobs may have: those that neither lose nor duplicate jobs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from jobs_source.exceptions import ConfigError

CURSOR: Final = "system_modstamp"
_DISPOSITIONS: Final = (
    *("append", "replace", "merge"),
    *({"disposition": disposition} for disposition in ("append", "replace", "merge")),
    {"disposition": "merge", "strategy": "delete-insert"},
)


def check_given(resource: str, hints: Mapping[str, Any]) -> None:
    """
    Refuse hints that depend on the data, and another cursor.

    Raises:
        ConfigError: If a hint is a function, or the cursor is on another column.
    """
    for name, hint in hints.items():
        if name != "incremental" and callable(hint) and not isinstance(hint, type):
            raise ConfigError(
                f"{name} of {resource} must be a value, not a function: an item is an Arrow table of many jobs."
                " Split or change the table in SQL, after the load."
            )
    cursor = getattr(hints.get("incremental"), "cursor_path", CURSOR)
    if cursor != CURSOR:
        raise ConfigError(
            f"incremental of {resource} must be on {CURSOR}, not on {cursor!r}: no other column gets a new value at"
            " each change of a job, so changes would be lost. Leave incremental out."
        )


def check_disposition(resource: str, disposition: Any, strategy: str) -> None:
    """
    Refuse all that does not fit a walk which leaves out unchanged jobs.

    Raises:
        ConfigError: If *disposition* is no append, replace or plain merge, or *strategy* not that of a plain merge.
    """
    if disposition not in _DISPOSITIONS or strategy != "delete-insert":
        shown = disposition if disposition not in _DISPOSITIONS else strategy
        raise ConfigError(
            f"write_disposition {shown!r} would lose or duplicate rows of {resource}: a run leaves out unchanged jobs,"
            " and may read a job twice. Use merge (with the strategy delete-insert), append or replace. To leave a"
            " table out, use with_resources."
        )


def check_columns(resource: str, columns: Mapping[str, Mapping[str, Any]]) -> None:
    """
    Refuse columns by which a merge would delete or pass over other jobs than the older rows of the same job.

    Raises:
        ConfigError: If a column has such a hint, or lacks the one that it needs.
    """
    if merge_key := _with("merge_key", columns):
        raise ConfigError(
            f"merge_key {_list(merge_key)} would delete rows of {resource}: a merge deletes all rows with the same"
            " value, and a run brings only the changed jobs back. Leave merge_key out: jobs are merged on org_id and"
            " id."
        )
    primary_key = _with("primary_key", columns)
    if "id" not in primary_key:
        raise ConfigError(
            f"primary_key {_list(primary_key)} would lose or duplicate rows of {resource}: only id tells jobs apart."
            " Leave primary_key out, or add id to it."
        )
    if hard_delete := _with("hard_delete", columns):
        raise ConfigError(
            f"hard_delete on {_list(hard_delete)} would delete rows of {resource}: each job that has a value in that"
            " column. Leave hard_delete out, and delete rows in SQL, after the load."
        )
    orders = {name: columns[name]["dedup_sort"] for name in _with("dedup_sort", columns)}
    if orders != {CURSOR: "desc"}:
        raise ConfigError(
            f"dedup_sort of {resource} must stay desc on {CURSOR}, and no other column may have it: of two rows of one"
            " job the newest is kept. Leave dedup_sort out of the columns that you give."
        )


def _with(hint: str, columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [name for name, column in columns.items() if column.get(hint)]


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "without a column"
