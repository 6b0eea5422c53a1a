"""Makes all tables in the first run, for views and BI tools, even if an org has no job or something is switched off."""

from collections.abc import Iterator
from typing import Any

import dlt

from jobs_source.resources.job_pipe import SIDE_TABLES
from jobs_source.resources.states import for_job_states
from jobs_source.schema import JOB_STATES, Table


def missing_tables(own: Table) -> Iterator[Any]:
    """Yield an empty Arrow table for each table that the pipeline has not filled: *own*, and those besides it."""
    schema = dlt.current.source_schema()
    known = set(schema.data_table_names(seen_data_only=True))
    if schema.naming.normalize_tables_path(dlt.current.resource_name()) not in known:
        yield own.arrow_schema.empty_table()
    for table in SIDE_TABLES:
        if schema.naming.normalize_tables_path(table.name) not in known:
            rows = table.arrow_schema.empty_table()
            yield for_job_states(rows) if table is JOB_STATES else dlt.mark.with_table_name(rows, table.name)
