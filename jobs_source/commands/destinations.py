"""Words for what is wrong with the name or the credentials of the destination."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, Optional

import dlt
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.destination.exceptions import UnknownDestinationModule

from jobs_source.commands.exit_codes import MISCONFIGURED, ExitReason
from jobs_source.dlt_compat import LookupTrace, LookupTraces
from jobs_source.wording import listed

_NO_STORES: Final = ("destination", "dummy")  # of dlt: a function of the user's, and one for tests
_OTHER_NAMES: Final = {
    "adls": "filesystem",
    "azure": "filesystem",
    "bq": "bigquery",
    "delta": "filesystem",
    "gcs": "filesystem",
    "iceberg": "filesystem",
    "mariadb": "sqlalchemy",
    "mysql": "sqlalchemy",
    "oracle": "sqlalchemy",
    "parquet": "filesystem",
    "pg": "postgres",
    "psql": "postgres",
    "s3": "filesystem",
    "sqlite": "sqlalchemy",
    "sqlserver": "mssql",
}


def explain_unknown(error: UnknownDestinationModule) -> ExitReason:
    """Name the destination that is not there, and the nearest one that is."""
    kind = error.destination_type
    wrong = (kind or error.ref).rpartition(".")[2].lower()
    known = sorted(set(dlt.destinations.__all__) - set(_NO_STORES))
    near = [_OTHER_NAMES[wrong]] if wrong in _OTHER_NAMES else get_close_matches(wrong, known, 1)
    guess = f" Did you mean {near[0]}?" if near else ""
    if kind:
        return ExitReason(
            MISCONFIGURED,
            f"[destination.{error.ref}] has a destination_type that does not exist, {kind}.{guess} dlt has"
            f" {listed(known)}.",
        )
    return ExitReason(
        MISCONFIGURED,
        f"There is no destination {error.ref}.{guess} dlt has {listed(known)}. A name of your own needs a"
        f" destination_type under [destination.{error.ref}].",
    )


def explain_destination_keys(error: ConfigFieldMissingException) -> ExitReason:
    """Name the keys that the destination lacks, and where they go."""
    parts = [trace for traces in error.traces.values() for trace in traces if isinstance(trace, LookupTraces)]
    fields: Mapping[str, Any] = parts[0].traces if parts else error.traces
    sections = next((trace.sections for trace in _lookups(fields) if "destination" in trace.sections), ())
    place = ".".join(sections) or "destination.NAME"
    variable = "__".join((*place.split("."), next(iter(fields)))).upper()
    them = "it" if len(fields) == 1 else "them"
    return ExitReason(
        MISCONFIGURED,
        f"The destination lacks {listed(list(fields))}. Add {them} under [{place}] in .dlt/secrets.toml, or as"
        f" {'a variable' if len(fields) == 1 else 'variables such as'} {variable}.",
    )


def explain_scheme(error: ValueError) -> Optional[ExitReason]:
    """Say that a bucket_url begins with a scheme that nobody knows; None if that is not the error."""
    scheme = re.fullmatch(r"Protocol not known: (\w+)", str(error))  # of fsspec
    if not scheme:
        return None
    return ExitReason(
        MISCONFIGURED,
        f"bucket_url of the destination begins with {scheme[1]}://, which is no storage. It can begin with s3://, gs://,"
        " az://, abfss:// or file://, or be a path.",
    )


def _lookups(traces: Mapping[str, Any]) -> Iterator[LookupTrace]:
    """Go through all places that dlt has looked at, the most exact first."""
    for each in (trace for found in traces.values() for trace in found):
        if isinstance(each, LookupTraces):
            yield from _lookups(each.traces)
        else:
            yield each
