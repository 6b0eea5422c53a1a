"""A dlt resource that looks something up, as dlt's users treat any resource."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional

import dlt
from dlt.sources import DltResource

from jobs_source.resources.hints import add_side_tables, table_hints
from jobs_source.resources.job_pipe import SIDE_TABLES
from jobs_source.schema import Table


class LookUpResource(DltResource):
    """dlt's `DltResource`, whose copies fill the side tables too."""

    def with_name(self, new_name: str, new_section: Optional[str] = None) -> "LookUpResource":
        """Copy the resource under another name; its side tables come with it, which dlt's own copy forgets."""
        copy = super().with_name(new_name, new_section)  # type: ignore[arg-type]  # dlt's own default is None
        add_side_tables(copy, SIDE_TABLES)
        return copy


def make_look_up_resource(
    table: Table, rows: Callable[[], Iterator[Any]], side_tables: Iterable[Table], is_selected: bool
) -> DltResource:
    """Build the resource of *table*: *rows* yields what goes there, and marked rows of *side_tables*."""
    hints = table_hints(table)
    resource = dlt.resource(rows, name=table.name, selected=is_selected, _impl_cls=LookUpResource, **hints)
    add_side_tables(resource, side_tables)
    return resource
