"""
Every undocumented name of dlt that this package uses. No other module uses one.

Documented names are those in dlt's guides, and those with a docstring in the classes that `dlt.Pipeline` returns. Any
other may change in any release. `tests/unit/test_dlt_compat.py` says for each name here what we rely on.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, Optional

import dlt

from jobs_source.exceptions import UnsupportedDltError

_UNSUPPORTED: Final = (
    f"dlt {dlt.__version__} is not supported ({{}}). Install the newest salesforce-jobs, or the dlt that this version"
    ' was made for: pip install "dlt==1.31.*"'
)
try:
    from dlt.common.configuration import get_fun_spec, resolve_configuration
    from dlt.common.configuration.container import Container
    from dlt.common.configuration.exceptions import ConfigurationException, LookupTrace, LookupTraces
    from dlt.common.configuration.providers.toml import TomlProviderReadException
    from dlt.common.configuration.resolve import inject_section
    from dlt.common.configuration.specs import ConfigSectionContext
    from dlt.common.configuration.specs.base_configuration import is_hint_not_resolvable, is_secret_hint
    from dlt.common.configuration.utils import deserialize_value
    from dlt.common.destination.exceptions import DestinationCapabilitiesException
    from dlt.common.destination.utils import resolve_merge_strategy
    from dlt.common.pipeline import ExtractInfo, PipelineContext
    from dlt.common.runtime import signals
    from dlt.common.runtime.collector import NULL_COLLECTOR
    from dlt.common.runtime.collector_base import Collector
    from dlt.common.schema.utils import pipeline_state_table
    from dlt.common.storages.exceptions import CurrentLoadPackageStateNotAvailable
    from dlt.common.versioned_state import compress_state, decompress_state
    from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration, DuckDbCredentials
    from dlt.destinations.job_client_impl import SqlJobClientBase
    from dlt.extract.items_transform import LimitItem
    from dlt.extract.pipe import Pipe
except ImportError as error:
    raise UnsupportedDltError(_UNSUPPORTED.format(error)) from error

__all__ = [
    "NULL_COLLECTOR",
    "Collector",
    "DuckDbClientConfiguration",
    "DuckDbCredentials",
    "ExtractInfo",
    "LimitItem",
    "LookupTrace",
    "LookupTraces",
    "Pipe",
    "SqlJobClientBase",
    "TomlProviderReadException",
    "compress_state",
    "decompress_state",
    "is_secret_hint",
]

STATE_VERSION: Final = "_state_version"  # key of a pipeline's state; each run raises it
_PROGRESS: Final = threading.Lock()


def _need(owner: Any, name: str) -> Any:
    """Return an undocumented attribute, or say that dlt is too new or too old."""
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise UnsupportedDltError(_UNSUPPORTED.format(error)) from error


def running_pipeline() -> Optional[dlt.Pipeline]:
    """Return the pipeline that runs, or was made last. `dlt.current.pipeline()` would make one if there is none."""
    context: Any = Container()[PipelineContext]
    pipeline: Optional[dlt.Pipeline] = context.pipeline() if context.is_active() else None
    return pipeline


def load_package() -> tuple[str, set[str]]:
    """
    Return the id of the load package that is extracted, and the tables that its load will empty first.

    A `refresh` empties tables. Outside of an extraction there is no such package, and the id is empty.
    """
    package = _package_under_way()
    emptied = (package["state"].get(key, ()) for key in ("dropped_tables", "truncated_tables"))
    return package["load_id"], {table["name"] for tables in emptied for table in tables}


def _package_under_way() -> Any:
    try:
        return dlt.current.load_package_state()
    except CurrentLoadPackageStateNotAvailable:
        return {"load_id": "", "state": {}}


def count_progress(counter: str, increase: int) -> None:
    """Have the running pipeline show progress: `dlt.Pipeline.collector` is what its argument `progress` became."""
    if pipeline := running_pipeline():
        with _PROGRESS:  # dlt's collectors are not made for threads, and parallelized resources are in several
            _need(pipeline, "collector").update(counter, increase)


def destination_id() -> str:
    """Return a short name for the destination and dataset of the running pipeline; empty if there is none."""
    pipeline = running_pipeline()
    if pipeline is None or pipeline.destination is None:
        return ""
    return _name_destination(pipeline, pipeline.destination, pipeline.dataset_name or "")


@lru_cache(maxsize=1)  # each table asks, and the look-up in dlt takes longer than an API call
def _name_destination(pipeline: Any, destination: Any, dataset: str) -> str:
    parts = [destination.destination_name, dataset]
    with suppress(ConfigurationException):  # some have no single place
        parts.append(_need(_need(open_client(pipeline), "config"), "data_location")() or "")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def open_client(pipeline: dlt.Pipeline) -> Any:
    """
    Return a client of the destination, not connected yet, during an extraction.

    While dlt looks up a configuration, it sets a context for the thread. All threads of parallelized resources share
    one context, and two look-ups at the same time end the run. So this look-up has a thread of its own.
    """
    with ThreadPoolExecutor(1) as own_thread:
        return own_thread.submit(pipeline.destination_client).result()


def dataset_in_destination(pipeline: dlt.Pipeline) -> str:
    """Return the name that the destination has for the dataset of *pipeline*."""
    client = pipeline.destination_client()
    normalize = getattr(_need(client, "config"), "normalize_dataset_name", None)  # some keep no datasets
    return str(normalize(client.schema)) if normalize else pipeline.dataset_name or ""


def is_sql_database(pipeline: dlt.Pipeline) -> bool:
    """Tell a SQL database from files. dlt can query files with SQL too, but only those that the run itself wrote."""
    return issubclass(_need(pipeline.destination, "client_class"), SqlJobClientBase)


def can_merge(pipeline: dlt.Pipeline, table: str) -> bool:
    """Tell whether the destination merges rows of *table*, rather than appending them."""
    tables, capabilities = pipeline.default_schema.tables, pipeline.destination_client().capabilities
    return resolve_merge_strategy(tables, tables[table], capabilities) is not None


def can_insert_only() -> bool:
    """Tell whether the destination of the running pipeline can leave rows as they are whose key comes again."""
    pipeline = running_pipeline()
    if pipeline is None or pipeline.destination is None:
        return True
    table: Any = {"name": "t", "write_disposition": "merge", "x-merge-strategy": "insert-only", "columns": {}}
    try:
        resolve_merge_strategy({"t": table}, table, _need(pipeline.destination, "capabilities")())
    except DestinationCapabilitiesException:
        return False
    return True


def will_drop_tables(pipeline: dlt.Pipeline, tables: Collection[str]) -> bool:
    """
    Tell whether the load of what is extracted now will drop any of *tables*, to make it anew.

    So does a refresh, and the strategy `staging-optimized` for resources whose rows are replaced.
    """
    package = _package_under_way()
    if not package["load_id"]:
        return False
    if any(table["name"] in tables for table in package["state"].get("dropped_tables", ())):
        return True
    dispositions = [resource.write_disposition for resource in dlt.current.source().selected_resources.values()]
    if not any(each == "replace" or each == {"disposition": "replace"} for each in dispositions):
        return False
    return bool(_need(open_client(pipeline), "config").replace_strategy == "staging-optimized")


def resolve_arguments(source: Any, sections: tuple[str, ...], explicit: Optional[dict[str, Any]]) -> Any:
    """Look up the arguments of *source* in the *sections* of the configuration, without calling it."""
    with inject_section(ConfigSectionContext(sections=sections)):
        return resolve_configuration(get_fun_spec(source)(), explicit_value=explicit)


def current_section() -> tuple[tuple[str, ...], Optional[str]]:
    """Return the section that dlt looks up arguments for, and the name of the pipeline that runs, if there is one."""
    context = Container()[ConfigSectionContext]
    return context.sections, context.pipeline_name


def coerce(value: Any, hint: Any) -> Any:
    """Turn a configured *value*, such as a text of the environment, into what *hint* says; if that fails, return it."""
    try:
        return deserialize_value("", value, hint)
    except ConfigurationException:
        return value


def destination_arguments(pipeline: dlt.Pipeline) -> dict[str, Any]:
    """Return what the destination of *pipeline* was made with."""
    return dict(_need(pipeline.destination, "config_params"))


def toml_paths(error: TomlProviderReadException) -> list[str]:
    """Return the paths that dlt tried to read when it met *error*; not all need to be there."""
    return list(_need(error, "full_paths"))


def settle_configuration(destination: Any, initial: Any, pipeline_name: str) -> dict[str, Any]:
    """Look up all that is configured of *destination* for a pipeline, beginning with *initial*."""
    with inject_section(ConfigSectionContext(pipeline_name=pipeline_name)):
        config = _need(destination, "configuration")(initial, accept_partial=True)
    hints = config.get_resolvable_fields().items()
    return {key: config[key] for key, hint in hints if not is_hint_not_resolvable(hint)}


def dlt_tables(schema: dlt.Schema) -> dict[str, Any]:
    """Describe dlt's own tables. The state that was loaded is known only if all of them are complete."""
    names = (schema.version_table_name, schema.loads_table_name)
    return {**{name: schema.get_table(name) for name in names}, schema.state_table_name: pipeline_state_table()}


def find_columns(client: Any, tables: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Ask a SQL database for the columns of *tables*, by lower-case name; a missing table has none."""
    found = _need(client, "get_storage_tables")(list(tables))
    return {table: {name.lower(): column for name, column in columns.items()} for table, columns in found}


def column_type(client: Any, table: Mapping[str, Any], column: str) -> str:
    """Return the SQL type of a *column* of *table*, which dlt describes."""
    return str(_need(client, "type_mapper").to_destination_type(table["columns"][column], table))


def connection_of(client: Any) -> Any:
    """Return the driver's own connection of an open SQL *client*."""
    return _need(client, "native_connection")


def column_names(cursor: Any) -> list[str]:
    """Name the columns of what a SQL client gives. Not each of dlt's cursors has the `description` of a driver's."""
    description = getattr(cursor, "description", None)
    return list(_need(cursor, "_get_columns")()) if description is None else [column[0] for column in description]


def request_stop(signal_number: int) -> None:
    """Make dlt end the run when it next looks for signals."""
    signals.set_received_signal(signal_number)


def watch_attempts(http: Any, before: Callable[[Any], None], before_wait: Callable[[Any], None]) -> None:
    """
    Have dlt's *http* client call functions in this thread: before each attempt of a request, and before each wait.

    dlt retries with tenacity, whose state of a call they get: `args` is the request, `outcome` what came of it.
    """
    retrying = _need(http.session.send, "retry")
    retrying.before, retrying.before_sleep = before, before_wait
