"""The row of `runs`."""

from jobs_source.resources.run_log import Run
from jobs_source.schema import RUNS


def test_a_run_has_the_columns_of_its_table() -> None:
    """All of them, in their order, and nothing that would be dropped."""
    assert Run._fields == tuple(column.name for column in RUNS.columns)
