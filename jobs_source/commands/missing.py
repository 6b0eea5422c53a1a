"""Words for what is missing: a Python package, or keys of the configuration."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dlt.common.configuration.exceptions import ConfigFieldMissingException

from jobs_source.dlt_compat import LookupTrace, LookupTraces

_OUR_PACKAGES: Final = (
    "cryptography",
    "duckdb",
    "filelock",
    "jwt",
    "msgspec",
    "pyarrow",
    "requests",
    "rich",
    "sqlglot",
)
_EXTRAS: Final = {  # of dlt, by the package that a destination imports
    "clickhouse_connect": "clickhouse",
    "clickhouse_driver": "clickhouse",
    "databricks": "databricks",
    "google": "bigquery",
    "psycopg2": "postgres",
    "pyodbc": "mssql",
    "snowflake": "snowflake",
    "sqlalchemy": "sqlalchemy",
}


def explain_missing_package(package: str) -> str:
    """Say how to install *package*, which an import did not find."""
    if package in _OUR_PACKAGES:
        return f"The Python package {package} is missing here. Install this program again, with all that it needs."
    extra = _EXTRAS.get(package)
    how = f'pip install "dlt[{extra}]"' if extra else f"dlt's extra for the destination, or {package} itself"
    return (
        f"The destination needs the Python package {package}. Install it into the environment of this program: {how}."
    )


def explain_missing_keys(error: ConfigFieldMissingException) -> str:
    """Name the keys that a destination lacks, and where they go. dlt's own text has a line for each place it tried."""
    nested = [trace for traces in error.traces.values() for trace in traces if isinstance(trace, LookupTraces)]
    fields: Mapping[str, Sequence[Any]] = nested[0].traces if nested else error.traces
    tried = [trace.sections for traces in fields.values() for trace in traces if isinstance(trace, LookupTrace)]
    section = max(tried, key=len, default=["destination"])
    return (
        f"{nested[0].spec_name if nested else error.spec_name} lacks {', '.join(fields)}. Add them under"
        f" [{'.'.join(section)}] in .dlt/secrets.toml, or as variables {'__'.join(section).upper()}__... ."
    )
