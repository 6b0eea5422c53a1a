"""What is relied on of dlt that dlt does not document: one test a name, so that a newer dlt says what it changed."""

import importlib.util
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, Final

import dlt
import pytest
from dlt.common.configuration import configspec
from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import ConfigFieldMissingException
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.exceptions import SignalReceivedException
from dlt.common.runtime import signals
from dlt.destinations import duckdb, filesystem
from dlt.destinations.sql_client import DBApiCursorImpl
from dlt.sources.helpers.requests import Client

from jobs_source import dlt_compat, salesforce_jobs
from jobs_source.dlt_compat import (
    NULL_COLLECTOR,
    STATE_VERSION,
    Collector,
    DuckDbClientConfiguration,
    DuckDbCredentials,
    ExtractInfo,
    LimitItem,
    LookupTrace,
    LookupTraces,
    Pipe,
    SqlJobClientBase,
    TomlProviderReadException,
    can_merge,
    coerce,
    column_names,
    column_type,
    compress_state,
    count_progress,
    current_section,
    dataset_in_destination,
    decompress_state,
    destination_arguments,
    destination_id,
    dlt_tables,
    find_columns,
    is_secret_hint,
    is_sql_database,
    load_package,
    request_stop,
    resolve_arguments,
    running_pipeline,
    settle_configuration,
    toml_paths,
    watch_attempts,
    will_drop_tables,
)
from jobs_source.exceptions import UnsupportedDltError
from jobs_source.salesforce.credentials import RefreshTokenCredentials, TokenCredentials
from tests.clients import Loopback, answer_with

ROWS = [{"id": 1, "name": "a"}]


class Counted(Collector):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def update(self, name: str, inc: int = 1, *arguments: Any, **more: Any) -> None:
        self.told.append((name, inc))

    def _start(self, step: str) -> None: ...

    def _stop(self) -> None: ...


@pytest.fixture
def pipeline(tmp_path: Path) -> dlt.Pipeline:
    destination = duckdb(str(tmp_path / "some.duckdb"))
    return dlt.pipeline("some", destination=destination, dataset_name="data", pipelines_dir=str(tmp_path / "dlt"))


def test_the_running_pipeline_is_the_one_made_last(pipeline: dlt.Pipeline) -> None:
    assert running_pipeline() is pipeline


def test_without_a_pipeline_none_runs_and_none_is_made(workplace: Path) -> None:
    """`dlt.current.pipeline()` would make one, and a folder for it."""
    assert (running_pipeline(), destination_id()) == (None, "")
    count_progress("jobs: pages", 1)
    assert not (workplace / "dlt").exists()


def test_a_load_package_tells_what_a_refresh_empties(pipeline: dlt.Pipeline) -> None:
    """While it is extracted: its id is that of the load. Where nothing is extracted there is none."""
    seen = list[tuple[str, set[str]]]()

    @dlt.resource(name="t")
    def rows() -> Iterator[dict[str, int]]:
        seen.append(load_package())
        yield {"a": 1}

    first = pipeline.run(rows()).loads_ids[0]
    second = pipeline.run(rows(), refresh="drop_data").loads_ids[0]
    third = pipeline.extract(rows(), refresh="drop_sources").loads_ids[0]
    assert seen == [(first, set()), (second, {"t"}), (third, {"t"})]
    assert load_package() == ("", set())


def test_progress_goes_to_the_collector_that_the_pipeline_was_made_with(tmp_path: Path) -> None:
    counted = Counted()
    dlt.pipeline("some", destination="duckdb", progress=counted, pipelines_dir=str(tmp_path))
    count_progress("jobs: pages", 2)
    assert counted.told == [("jobs: pages", 2)]


def test_no_progress_is_a_collector_too(tmp_path: Path) -> None:
    assert isinstance(NULL_COLLECTOR, Collector)
    assert dlt.pipeline("some", progress=NULL_COLLECTOR, pipelines_dir=str(tmp_path)).collector is NULL_COLLECTOR


def test_destinations_and_datasets_have_names_of_their_own(tmp_path: Path) -> None:
    """Another file, dataset or kind is another place; the same is the same in another pipeline."""

    def name(destination: Any, dataset: str = "data", pipeline_name: str = "some") -> str:
        dlt.pipeline(pipeline_name, destination=destination, dataset_name=dataset, pipelines_dir=str(tmp_path))
        return destination_id()

    here, there = (duckdb(str(tmp_path / f"{file}.duckdb")) for file in ("here", "there"))
    names = [name(here), name(there), name(here, "other"), name(filesystem(str(tmp_path)))]
    assert len({*names, ""}) == 5
    assert name(here, pipeline_name="another") == names[0]


def test_the_destination_is_named_by_threads_of_dlts_pool_side_by_side(
    pipeline: dlt.Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share a context with the thread that extracts: two look-ups there, one begun inside the other, end a run."""
    dlt_compat._name_destination.cache_clear()
    find_clients = pipeline._get_destination_clients
    first_is_in, second_is_in, first_has_left = Event(), Event(), Event()

    def find_in_turns(*arguments: Any) -> Any:
        if first_is_in.is_set():
            second_is_in.set()
            first_has_left.wait(10)
        else:
            first_is_in.set()
            second_is_in.wait(10)
        return find_clients(*arguments)

    def name_first() -> str:
        try:
            return destination_id()
        finally:
            first_has_left.set()

    monkeypatch.setattr(pipeline, "_get_destination_clients", find_in_turns)
    with ThreadPoolExecutor(2, thread_name_prefix=Container.thread_pool_prefix()) as pool:
        first = pool.submit(name_first)
        first_is_in.wait(10)
        names = [pool.submit(destination_id).result(), first.result()]

    assert names == [destination_id()] * 2


def test_a_limit_keeps_what_it_was_made_with() -> None:
    """And dlt takes it for the one of a resource."""
    resource = dlt.resource(ROWS, name="jobs").add_limit(2, max_time=3.0, count_rows=True)
    assert isinstance(resource.limit, LimitItem)
    limit = resource.limit
    assert (limit.max_items, limit.max_time, limit.count_rows) == (2, 3.0, True)


def test_a_transformer_forks_a_copy_of_the_pipe() -> None:
    """Of the class that `_clone` gives, and a step at 0 of the child comes before the transformer's function."""
    forked = list[str]()

    class Marked(Pipe):
        def fork(self, child_pipe: Pipe, child_step: int = -1, copy_on_fork: bool = False) -> Pipe:
            forked.append(child_pipe.name)
            child_pipe.insert_step(lambda item: {**item, "marked": True}, 0)
            return super().fork(child_pipe, child_step, copy_on_fork)

        def _clone(self, new_name: Any = None) -> Pipe:
            copy = super()._clone(new_name)
            copy.__class__ = Marked
            return copy

    class Resource(dlt.sources.DltResource):
        def __init__(self, pipe: Any, *arguments: Any, **named: Any) -> None:
            pipe.__class__ = Marked
            super().__init__(pipe, *arguments, **named)

    def child(row: Any) -> Iterator[Any]:
        yield row

    seen = list(dlt.resource(ROWS, name="jobs", _impl_cls=Resource) | dlt.transformer(child, name="child"))

    assert forked == ["child"]
    assert seen == [{**ROWS[0], "marked": True}]


def test_files_are_no_sql_database(pipeline: dlt.Pipeline, tmp_path: Path) -> None:
    assert is_sql_database(pipeline)
    with pipeline.destination_client() as client:
        assert isinstance(client, SqlJobClientBase)
    assert not is_sql_database(dlt.pipeline("f", destination=filesystem(str(tmp_path)), pipelines_dir=str(tmp_path)))


@pytest.mark.parametrize(("destination", "merges"), [(duckdb, True), (filesystem, False)])
def test_a_database_merges_and_plain_files_do_not(
    destination: Callable[..., Any], merges: bool, tmp_path: Path
) -> None:
    place = destination(str(tmp_path / "some.duckdb"))
    pipeline = dlt.pipeline("some", destination=place, pipelines_dir=str(tmp_path / "dlt"))
    pipeline.extract(dlt.resource(ROWS, name="jobs", primary_key="id", write_disposition="merge"))
    assert can_merge(pipeline, "jobs") is merges


def test_what_a_destination_was_made_with_can_be_read(tmp_path: Path) -> None:
    credentials = DuckDbCredentials(str(tmp_path / "some.duckdb"))
    destination = duckdb(credentials, staging_dataset_name_layout="%s_s")
    pipeline = dlt.pipeline("some", destination=destination, pipelines_dir=str(tmp_path))
    arguments = destination_arguments(pipeline)
    assert (arguments["credentials"], arguments["staging_dataset_name_layout"]) == (credentials, "%s_s")


def test_arguments_of_a_source_are_looked_up_without_calling_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of its section, of its signature, and explicit ones."""
    monkeypatch.setenv("SOURCES__JOBS_SOURCE__API_VERSION", "58.0")
    credentials = TokenCredentials(instance_url="https://acme.my.salesforce.com", access_token="00D!x")

    options = resolve_arguments(salesforce_jobs, ("sources", "jobs_source", "any"), {"credentials": credentials})

    assert (options.api_version, options.lag_seconds, options.job_types) == ("58.0", 600, None)
    assert dict(options.credentials) == dict(credentials)


def test_what_is_configured_of_a_destination_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all pipelines or for one; the file that it begins with stays where none is configured."""
    monkeypatch.setenv("DESTINATION__DUCKDB__CREATE_INDEXES", "true")
    monkeypatch.setenv("SOME__DESTINATION__DUCKDB__ENABLE_DATASET_NAME_NORMALIZATION", "false")
    initial = DuckDbClientConfiguration()
    initial.credentials = DuckDbCredentials(str(tmp_path / "some.duckdb"))

    settled = settle_configuration(duckdb(), initial, "some")

    assert (settled["create_indexes"], settled["enable_dataset_name_normalization"]) == (True, False)
    assert settled["credentials"].database == str(tmp_path / "some.duckdb")


def test_tables_columns_and_types_are_those_of_the_database(pipeline: dlt.Pipeline) -> None:
    """Ours and dlt's own; a table that is not there has no columns."""
    pipeline.run(ROWS, table_name="jobs", columns={"name": {"data_type": "text"}})
    own = dlt_tables(pipeline.default_schema)
    with pipeline.destination_client() as client:
        found = find_columns(client, ["jobs", "missing", *own])
        type_ = column_type(client, pipeline.default_schema.tables["jobs"], "name")

    assert set(found["jobs"]) == {"id", "name", "_dlt_id", "_dlt_load_id"}
    assert found["jobs"]["name"]["nullable"] is True
    assert found["missing"] == {}
    assert list(own) == ["_dlt_version", "_dlt_loads", "_dlt_pipeline_state"]
    assert [set(table["columns"]) - set(found[name]) for name, table in own.items()] == [set(), set(), set()]
    assert type_ == "VARCHAR"


def test_each_load_raises_the_version_of_the_state(pipeline: dlt.Pipeline) -> None:
    """So the highest version is the newest state, whatever any clock says."""
    versions = []
    for number in range(2):
        with pipeline.managed_state() as state:
            state.setdefault("sources", {})["some"] = {"number": number}
        pipeline.run(ROWS, table_name="jobs")
        versions.append(pipeline.state[STATE_VERSION])
    assert versions[0] < versions[1]


def test_a_stored_state_is_text_that_can_be_read_again() -> None:
    state: Any = {"sources": {"salesforce_jobs": {"a": 1}}, STATE_VERSION: 3}
    assert decompress_state(compress_state(state)) == state


def test_the_metrics_of_a_resource_come_with_the_extract(pipeline: dlt.Pipeline) -> None:
    def rows() -> Any:
        dlt.current.resource_metrics().update(pages=3)
        yield ROWS

    info = pipeline.extract(dlt.resource(rows, name="jobs"))

    assert isinstance(info, ExtractInfo)
    found = [package["resource_metrics"] for packages in info.metrics.values() for package in packages]
    assert [metrics["jobs"].custom_metrics for metrics in found if "jobs" in metrics] == [{"pages": 3}]


def test_missing_credentials_of_a_destination_are_named(tmp_path: Path) -> None:
    """They are nested in its configuration. The error has what is missing, and where it was looked for."""
    pipeline = dlt.pipeline("some", destination="postgres", dataset_name="data", pipelines_dir=str(tmp_path))
    with pytest.raises(ConfigFieldMissingException) as caught:
        pipeline.destination_client()
    traces = [trace for traces in caught.value.traces.values() for trace in traces if isinstance(trace, LookupTraces)]
    assert [(trace.spec_name, list(trace.traces)) for trace in traces] == [
        ("PostgresCredentials", ["database", "password", "username", "host"])
    ]
    (tried, *_) = traces[0].traces["database"]
    assert isinstance(tried, LookupTrace)
    assert list(tried.sections) == ["destination", "postgres", "credentials"]


def test_secrets_are_told_apart() -> None:
    """Optional ones too: vaults and the files of containers are asked for secrets only."""
    hints = RefreshTokenCredentials.get_resolvable_fields()
    secrets = {key for key, hint in hints.items() if is_secret_hint(hint)}
    assert secrets == {"client_secret", "refresh_token"}


@pytest.mark.parametrize(
    ("value", "hint", "is_"), [("60", float, 60.0), (64.0, str, "64.0"), ("true", bool, True), ("x", float, "x")]
)
def test_a_configured_value_gets_its_type(value: Any, hint: Any, is_: Any) -> None:
    """One that cannot be turned into it stays, so that the error can name its key."""
    assert coerce(value, hint) == is_


def test_the_section_of_a_source_is_known_while_its_arguments_are_looked_up(tmp_path: Path) -> None:
    """With the pipeline that was made last: dlt looks into the section of its name too."""
    seen = []

    @configspec
    class Seeing(BaseConfiguration):
        key: Final[Any] = 1

        def on_resolved(self) -> None:
            seen.append(current_section())

    @dlt.source(name="one", section="some_source", spec=Seeing)
    def one(key: int = 1) -> Any:
        return [dlt.resource([key], name="rows")]

    one()
    dlt.pipeline("some", pipelines_dir=str(tmp_path))
    one.clone(name="two")()
    assert seen == [(("sources", "some_source", "one"), None), (("sources", "some_source", "two"), "some")]


@pytest.mark.parametrize("given", [{}, {"key": 2}])
def test_dlt_does_not_look_up_what_is_final(given: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """It hands on what is given."""

    @configspec
    class Spec(BaseConfiguration):
        key: Final[Any] = 1

    @dlt.source(name="one", section="some_source", spec=Spec)
    def one(key: int = 0) -> Any:
        return [dlt.resource([{"key": key}], name="rows")]

    monkeypatch.setenv("KEY", "3")
    monkeypatch.setenv("SOURCES__SOME_SOURCE__KEY", "4")
    assert list(one(**given)) == [{"key": given.get("key", 1)}]


def test_a_broken_configuration_file_has_an_error_of_its_own(workplace: Path) -> None:
    secrets = workplace / ".dlt" / "secrets.toml"
    context = dlt.current.run_context()
    secrets.write_text("broken = [", encoding="utf-8")
    try:
        with pytest.raises(TomlProviderReadException) as caught:
            context.reload()
        assert secrets in [Path(path).absolute() for path in toml_paths(caught.value)]
    finally:
        secrets.unlink()
        context.reload()


def test_the_connection_of_a_client_is_the_drivers_own(tmp_path: Path) -> None:
    """It can stop a query that another thread runs."""
    pipeline = dlt.pipeline("some", destination=duckdb(str(tmp_path / "some.duckdb")), pipelines_dir=str(tmp_path))
    with pipeline.sql_client() as client:
        assert callable(dlt_compat.connection_of(client).interrupt)


def test_a_signal_that_is_set_ends_dlts_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    request_stop(signal.SIGTERM)
    try:
        with pytest.raises(SignalReceivedException):
            signals.raise_if_signalled()
    finally:
        signals.set_received_signal(0)


def test_a_dlt_that_lacks_an_attribute_is_named(pipeline: dlt.Pipeline) -> None:
    """With its version, and what to install."""
    del pipeline.collector
    with pytest.raises(UnsupportedDltError) as caught:
        count_progress("jobs: pages", 1)
    assert str(caught.value).startswith(f"dlt {dlt.__version__} is not supported ('Pipeline' object has no attribute")
    assert 'pip install "dlt==1.31.*"' in str(caught.value)


def test_a_dlt_that_lacks_a_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the package is imported."""
    monkeypatch.delattr("dlt.common.destination.utils.resolve_merge_strategy")
    spec = importlib.util.spec_from_file_location("another_compat", dlt_compat.__file__)
    assert spec and spec.loader
    with pytest.raises(UnsupportedDltError, match=r"cannot import name 'resolve_merge_strategy'"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.mark.parametrize(("given", "name"), [("my-data", "my_data"), ("MyData", "my_data"), ("plain", "plain")])
def test_the_name_of_a_dataset_is_the_one_that_its_client_has(given: str, name: str, tmp_path: Path) -> None:
    """Of a database and of files."""
    for destination in (duckdb(str(tmp_path / "a.duckdb")), filesystem(str(tmp_path))):
        pipeline = dlt.pipeline("named", destination=destination, dataset_name=given, pipelines_dir=str(tmp_path))
        assert dataset_in_destination(pipeline) == name
        client: Any = pipeline.destination_client()
        assert getattr(client, "sql_client", client).dataset_name == name


def test_the_places_where_dlt_looked_are_named_the_most_exact_first(tmp_path: Path) -> None:
    """With the sections, and without the name of the pipeline."""
    pipeline = dlt.pipeline("lost", destination="postgres", dataset_name="x", pipelines_dir=str(tmp_path))
    with pytest.raises(ConfigFieldMissingException) as caught:
        pipeline.destination_client()
    (part,) = caught.value.traces["credentials"]
    assert isinstance(part, LookupTraces)
    place = part.traces["host"][0]
    assert isinstance(place, LookupTrace)
    assert list(place.sections) == ["destination", "postgres", "credentials"]


def test_columns_of_an_answer_have_their_names(pipeline: dlt.Pipeline) -> None:
    """Also two of one name, and where a cursor has no description, as that of SQLAlchemy has none."""

    class Bare(DBApiCursorImpl):
        def _get_columns(self) -> list[str]:
            return ["one", "two"]

    with pipeline.sql_client() as client, client.execute_query("select 1 as a, 2 as a") as cursor:
        assert column_names(cursor) == ["a", "a"]
    assert column_names(Bare(object())) == ["one", "two"]  # type: ignore[arg-type]


def test_attempts_of_a_request_are_watched() -> None:
    """Before each attempt, and before each wait, with the request, the number of the attempt and what came of it."""
    told: list[tuple[str, int]] = []
    outcomes = []
    http = Client(raise_for_status=False, request_max_attempts=2, request_backoff_factor=0)
    watch_attempts(
        http,
        lambda attempt: told.append((f"try {attempt.args[0].url}", attempt.attempt_number)),
        lambda attempt: outcomes.append((attempt.outcome.result().status_code, attempt.next_action.sleep)),
    )
    with Loopback(lambda seen: answer_with(b"", "503 Busy")) as server:
        assert http.get(f"{server.url}/x").status_code == 503
        assert told == [(f"try {server.url}/x", 1), (f"try {server.url}/x", 2)]
    assert outcomes == [(503, 0)]


def test_tables_that_a_load_will_drop_are_known_while_it_extracts(pipeline: dlt.Pipeline) -> None:
    """Those of a refresh, from the second run on; outside of an extraction nobody knows."""
    told: list[bool] = []

    @dlt.source(name="some")
    def some() -> Any:
        def numbers() -> Iterator[Any]:
            told.append(will_drop_tables(pipeline, ["numbers"]))
            yield ROWS

        return dlt.resource(numbers, name="numbers")

    for refresh in (None, "drop_sources", "drop_resources", "drop_data"):
        pipeline.run(some(), refresh=refresh)  # type: ignore[arg-type]
    assert told == [False, True, True, False]
    assert will_drop_tables(pipeline, ["numbers"]) is False


@pytest.mark.parametrize("disposition", ["replace", {"disposition": "replace"}])
def test_rows_that_are_replaced_may_take_their_table_with_them(disposition: Any, tmp_path: Path) -> None:
    """If the destination is configured so."""
    told: list[bool] = []
    for strategy in ("truncate-and-insert", "staging-optimized"):
        destination = duckdb(str(tmp_path / "some.duckdb"), replace_strategy=strategy)
        pipeline = dlt.pipeline("some", destination=destination, pipelines_dir=str(tmp_path))

        def numbers(of: dlt.Pipeline = pipeline) -> Iterator[Any]:
            told.append(will_drop_tables(of, ["numbers"]))
            yield ROWS

        pipeline.extract(dlt.resource(numbers, name="numbers", write_disposition=disposition))
    assert told == [False, True]
