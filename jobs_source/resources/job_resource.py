"""A dlt resource whose items are Arrow tables: a user's step gets only the tables of jobs."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Optional

import pyarrow as pa
import pyarrow.compute as pc
from dlt.sources import DltResource

from jobs_source.dlt_compat import LimitItem
from jobs_source.exceptions import ConfigError
from jobs_source.resources.hint_rules import check_columns, check_disposition, check_given
from jobs_source.resources.hints import add_side_tables
from jobs_source.resources.job_pipe import SIDE_TABLES, as_job_pipe, is_for_side_table

Step = Callable[..., Any]
# What a function for single rows raises on a table.
_FOR_ROWS: Final = (TypeError, AttributeError, LookupError, ValueError, pa.ArrowException)
_HOW: Final = (
    "An item is an Arrow table of many jobs, not a row. Choose rows with"
    ' add_filter(lambda jobs: pyarrow.compute.equal(jobs["state"], "Failed")), and change columns with an add_map that'
    ' returns a table, such as lambda jobs: jobs.drop_columns(["content_url"]).'
)


class JobResource(DltResource):
    """
    dlt's `DltResource`, made for Arrow tables of jobs.

    Rows of other tables, such as `runs`, go through the same pipe, but a user's step or transformer does not get them.
    A function for single rows would silently keep or drop all jobs, or fail: here it raises `ConfigError` during the
    run.
    """

    def __init__(self, pipe: Any, *arguments: Any, **named: Any) -> None:
        """Let `|` and `data_from=` send tables of jobs only to a transformer."""
        super().__init__(as_job_pipe(pipe), *arguments, **named)

    def add_map(self, item_map: Step, insert_at: Optional[int] = None) -> "JobResource":
        """Change each table of jobs: *item_map* returns an Arrow table or a data frame, or None for nothing."""
        where = f"{self.name}.add_map"

        def change(item: Any, meta: Any = None) -> Any:
            return item if is_for_side_table(meta) else _check_table(_call(item_map, item, meta, where), where)

        return super().add_map(change, insert_at)  # type: ignore[arg-type]  # dlt's own default is None

    def add_yield_map(self, item_map: Step, insert_at: Optional[int] = None) -> "JobResource":
        """Turn each table of jobs into any number of tables, which *item_map* yields."""
        where = f"{self.name}.add_yield_map"

        def change(item: Any, meta: Any = None) -> Iterator[Any]:
            if is_for_side_table(meta):
                yield item
                return
            with _worded(where):
                for found in _call(item_map, item, meta, where):
                    yield _check_table(found, where)

        return super().add_yield_map(change, insert_at)  # type: ignore[arg-type]

    def add_filter(self, item_filter: Step, insert_at: Optional[int] = None) -> "JobResource":
        """Keep some jobs of each table: *item_filter* returns a column of booleans, or an expression of pyarrow."""
        where = f"{self.name}.add_filter"

        def keep(item: Any, meta: Any = None) -> Any:
            if is_for_side_table(meta):
                return item
            mask = _call(item_filter, item, meta, where)
            if not isinstance(mask, (pa.Array, pa.ChunkedArray, pc.Expression)):
                raise ConfigError(_refusal(where, mask, "not a column of booleans"))
            with _worded(where):
                return item.filter(mask)

        return super().add_map(keep, insert_at)  # type: ignore[arg-type]

    def apply_hints(self, *arguments: Any, **hints: Any) -> "JobResource":
        """
        Apply dlt's hints. A write disposition `append` keeps a row of a job for every run that took the job.

        Raises:
            ConfigError: For hints that would lose or duplicate jobs: `hint_rules.py` has them.
        """
        check_given(self.name, inspect.signature(super().apply_hints).bind(*arguments, **hints).arguments)
        super().apply_hints(*arguments, **hints)
        # That of `DltResource` also keeps the cursor as a hint, too early: a copy would share it.
        table: Any = super(DltResource, self).compute_table_schema()
        strategy = table.get("x-merge-strategy", "delete-insert")
        check_disposition(self.name, self.write_disposition, strategy)
        check_columns(self.name, table["columns"])
        return self

    def with_name(self, new_name: str, new_section: Optional[str] = None) -> "JobResource":
        """Copy the resource under another name; its side tables come with it, which dlt's own copy forgets."""
        return _with_side_tables(super().with_name(new_name, new_section))  # type: ignore[arg-type]

    def __call__(self, *arguments: Any, **named: Any) -> "JobResource":
        """Copy the resource with a cursor of your own."""
        return _with_side_tables(super().__call__(*arguments, **named))

    def add_step(self, item_transform: Any, insert_at: Optional[int] = None) -> "JobResource":
        """Add a step as it is; a limit counts tables of jobs only."""
        if isinstance(item_transform, LimitItem):
            item_transform = _JobLimit(item_transform.max_items, item_transform.max_time, item_transform.count_rows)
        return super().add_step(item_transform, insert_at)  # type: ignore[arg-type]

    def select_tables(self, *table_names: Any) -> "JobResource":
        """Keep only what goes to these tables."""

        def keep(item: Any, meta: Any = None) -> Any:
            return item if (getattr(meta, "table_name", None) or self.table_name) in table_names else None

        return super().add_map(keep)


class _JobLimit(LimitItem):
    """Counts neither side tables nor the empty tables of a first run."""

    def __call__(self, item: Any, meta: Any = None) -> Any:
        is_counted = len(item) > 0 and not is_for_side_table(meta)
        # Once it is exhausted, all must go through it: it drops what comes late, such as a row of `runs` that would say
        # the walk ended.
        return super().__call__(item, meta) if is_counted or self.exhausted else item


def _with_side_tables(copy: JobResource) -> JobResource:
    add_side_tables(copy, SIDE_TABLES)
    return copy


def _call(step: Step, item: Any, meta: Any, where: str) -> Any:
    """Call *step* as dlt does: with the meta data too, if it takes more than one argument."""
    with _worded(where):
        return step(item) if len(inspect.signature(step).parameters) == 1 else step(item, meta)


def _check_table(found: Any, where: str) -> Any:
    """Return what a step gave if dlt can use it: a table, a data frame, one of these with a mark, or None."""
    if found is None or (hasattr(found, "columns") and hasattr(found, "shape")) or hasattr(found, "meta"):
        return found
    raise ConfigError(_refusal(where, found, "not an Arrow table"))


def _refusal(where: str, found: Any, lacking: str) -> str:
    return f"The function given to {where} returned a {type(found).__name__}, {lacking}. {_HOW}"


@contextmanager
def _worded(where: str) -> Iterator[None]:
    try:
        yield
    except _FOR_ROWS as error:
        ended = f"ended with {type(error).__name__}: {error}"
        raise ConfigError(f"The function given to {where} {ended}. {_HOW}") from error
