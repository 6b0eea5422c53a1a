"""What flows from a resource of jobs to others: tables of jobs only."""

from typing import Any, Final

from jobs_source.dlt_compat import Pipe
from jobs_source.schema import JOB_TABLES, TABLES

SIDE_TABLES: Final = tuple(table for table in TABLES.values() if table not in JOB_TABLES)
_NAMES: Final = frozenset(table.name for table in SIDE_TABLES)


def is_for_side_table(meta: Any) -> bool:
    """Tell by dlt's mark whether an item goes to a table that has no jobs, such as `runs`."""
    return getattr(meta, "table_name", None) in _NAMES


class JobPipe(Pipe):
    """dlt's `Pipe`, whose transformers do not get the side tables: they are no jobs, and have a table already."""

    def fork(self, child_pipe: Pipe, child_step: int = -1, copy_on_fork: bool = False) -> Pipe:
        """Send each item to *child_pipe* too. The pipe itself is a child as well if it is loaded, and gets all."""
        if child_pipe is not self:
            child_pipe.insert_step(_jobs_only, 0)
        return super().fork(child_pipe, child_step, copy_on_fork)

    def _clone(self, new_name: Any = None) -> Pipe:
        return as_job_pipe(super()._clone(new_name))


def as_job_pipe(pipe: Pipe) -> Pipe:
    """Give *pipe* the rule of `JobPipe`; dlt makes pipes, and copies of them, of its own class only."""
    pipe.__class__ = JobPipe
    return pipe


def _jobs_only(item: Any, meta: Any = None) -> Any:
    return None if is_for_side_table(meta) else item
