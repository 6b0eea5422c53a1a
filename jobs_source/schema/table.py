"""What a table is, and the columns that all tables have."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa

TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")
COUNT = pa.int64()
FLAG = pa.bool_()
RUN_ID: Final = "run_id"
LOAD_ID: Final = "_dlt_load_id"  # dlt's own; dlt adds it only if it is configured so


class Column(NamedTuple):
    """One column of a table: its Arrow *type* and what it means."""

    name: str
    type: pa.DataType
    description: str
    is_nullable: bool = True


class Table(NamedTuple):
    """
    One table.

    Attributes:
        primary_key: The columns that rows are merged on.
        endpoint: The listing that fills a table of jobs.
        foreign_job_types: Job types of the other table of jobs. A job goes to the table of its type, whichever listing
            shows it. A job of an unknown type goes to the table of its listing.
        is_written_once: Whether the first row of a key stays as it is.
        replaced_by: If given, new rows take the place of all earlier ones that have the same values in these columns.
    """

    name: str
    primary_key: tuple[str, ...]
    columns: tuple[Column, ...]
    endpoint: str = ""
    foreign_job_types: Sequence[str] = ()
    is_written_once: bool = False
    replaced_by: tuple[str, ...] = ()

    def owns(self, job_type: object) -> bool:
        """Tell whether a job of this type belongs here."""
        return job_type not in self.foreign_job_types

    @property
    def arrow_schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        return pa.schema([pa.field(column.name, column.type, nullable=column.is_nullable) for column in self.columns])

    @property
    def content_schema(self) -> pa.Schema:
        """The same without the id of the run, which comes last, after the columns of unknown fields."""
        return pa.schema([field for field in self.arrow_schema if field.name != RUN_ID])


class Field(NamedTuple):
    """One field of Salesforce: its *key* in JSON, its *column*, the Arrow *type* and what it means."""

    key: str
    column: str
    type: pa.DataType
    description: str

    def as_column(self, is_nullable: bool = True) -> Column:
        """Return its column."""
        return Column(self.column, self.type, self.description, is_nullable)


ORG_ID_COLUMN: Final = Column(
    "org_id", TEXT, "Id of the Salesforce org that the row comes from: 18 characters that begin with 00D.", False
)
RUN_ID_COLUMN: Final = Column(RUN_ID, TEXT, "Id of the run that wrote the row last. It is the key of `runs`.")
