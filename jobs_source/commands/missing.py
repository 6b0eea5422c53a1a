"""Words for what is missing: a Python package, or keys of the configuration."""

from typing import Final, get_args

from dlt.common.configuration.exceptions import ConfigFieldMissingException

from jobs_source.dlt_compat import LookupTraces
from jobs_source.salesforce.credentials import AnyCredentials
from jobs_source.settings import CREDENTIALS_SECTION, CREDENTIALS_VARIABLE

_FLOWS: Final = {flow.__name__ for flow in get_args(AnyCredentials)}
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
    """Name the login with the fewest missing keys, and where they go. dlt's own text has seventy lines."""
    parts = [trace for traces in error.traces.values() for trace in traces if isinstance(trace, LookupTraces)]
    flows = [part for part in parts if part.spec_name in _FLOWS]
    if not flows:
        fields = parts[0].traces if parts else error.traces
        return (
            f"{parts[0].spec_name if parts else error.spec_name} lacks {', '.join(fields)}. Add them under"
            " [destination.NAME.credentials] in .dlt/secrets.toml, or as variables DESTINATION__NAME__CREDENTIALS__...;"
            " NAME is the destination."
        )
    nearest = max(flows, key=lambda flow: (len(flow.resolved_fields_set), -len(flow.traces)))
    if not nearest.resolved_fields_set:
        return (
            "There are no Salesforce credentials. Add instance_url, client_id and client_secret (or the keys of another"
            f" login: see docs/setup-salesforce.md) under [{CREDENTIALS_SECTION}] in .dlt/secrets.toml, or as variables"
            f" {CREDENTIALS_VARIABLE}__CLIENT_ID and so on. `salesforce-jobs demo` needs none."
        )
    return (
        f"The Salesforce credentials are incomplete: {', '.join(nearest.resolved_fields_set)} found,"
        f" {', '.join(nearest.traces)} missing, under [{CREDENTIALS_SECTION}] in .dlt/secrets.toml or in variables"
        f" {CREDENTIALS_VARIABLE}__... See docs/setup-salesforce.md for the keys of each login."
    )
