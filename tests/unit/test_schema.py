"""Columns: what is documented is there, and what is not gets a name that nothing takes away from it."""

import re

import pyarrow as pa
import pytest
from dlt.common.normalizers.naming.snake_case import NamingConvention
from hypothesis import example, given
from hypothesis import strategies as st

from jobs_source.schema import FIELDS, JOB_SCHEMA, KEYS, REJECTED_JOBS, REJECTED_SCHEMA, column_name
from tests.expected import COLUMNS

LONGEST = 63  # characters that Postgres gives a column
UTC_TIME = pa.timestamp("us", tz="UTC")

KNOWN_NAMES = [*COLUMNS, *COLUMNS.values(), "org_id", "orgId", "OrgId", "_dlt_id", "_dlt_load_id", "dltLoadId", "x"]
camel_case = st.from_regex(r"[a-z]{1,4}([A-Z][a-z0-9]{0,3}){0,4}", fullmatch=True)
keys = st.one_of(
    camel_case,
    camel_case.map(lambda key: f"{key}__c"),
    st.text(st.sampled_from("aAbBxX019_-. é"), max_size=12),
    st.text(st.characters(), max_size=20),
    st.text(st.sampled_from("aB1_!"), min_size=45, max_size=70),
    st.sampled_from(KNOWN_NAMES),
)


def camel(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def test_documented_fields() -> None:
    """Every field of "Get All Jobs" has a described column, text but for two times; only id is required."""
    times = {"created_date", "system_modstamp"}
    assert {field.key: field.column for field in FIELDS} == COLUMNS
    assert COLUMNS.keys() == KEYS
    assert list(JOB_SCHEMA) == [
        pa.field("org_id", pa.string(), nullable=False),
        *(pa.field(name, UTC_TIME if name in times else pa.string(), name != "id") for name in COLUMNS.values()),
    ]
    for field in FIELDS:
        assert re.fullmatch(r"[A-Z].{14,}\.", field.description), field


def test_rejected_columns() -> None:
    """A rejected entry is five texts, none of them null and each described."""
    names = ["entry_hash", "org_id", "listing", "reason", "entry"]
    assert list(REJECTED_SCHEMA) == [pa.field(name, pa.string(), nullable=False) for name in names]
    assert [column.name for column in REJECTED_JOBS.columns] == [*names, "run_id"]
    assert all(column.description for column in REJECTED_JOBS.columns)


def test_known_columns_are_what_dlt_would_name_them() -> None:
    """dlt's own snake_case makes the same columns of the documented keys, and leaves them as they are."""
    naming = NamingConvention(LONGEST)
    assert {key: naming.normalize_identifier(key) for key in COLUMNS} == COLUMNS
    assert [naming.normalize_identifier(name) for name in JOB_SCHEMA.names] == JOB_SCHEMA.names


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("retries", "retries"),
        ("isPkChunkingSupported", "is_pk_chunking_supported"),
        ("numberRecordsFailed2", "number_records_failed2"),
        ("apexProcessingTime", "apex_processing_time"),
        ("a" * 50, "a" * 50),
        ("", "x_e3b0c44298fc1c14"),
        ("orgId", "x_org_id_64f913064d3f1344"),
        ("_dlt_id", "x_dlt_id_f4f88bc809c4b0b2"),
        ("Größe", "x_gr_e_aedc3f80989a6546"),
        ("a" * 51, f"x_{'a' * 40}_bfc5fe0e360152ca"),
    ],
)
def test_name_of_an_unknown_field(key: str, column: str) -> None:
    """Plain camelCase becomes snake_case and anything else is marked; a name that is published stays."""
    assert column_name(key) == column


@given(keys)
@example("a" * 100_000 + "!")
@example("aB" * 50_000)
@example("\ud800")
@example("\0")
@example("\u0131\u0130\u212a")
def test_dlt_leaves_a_name_alone(key: str) -> None:
    """Whatever the key, dlt's naming convention changes nothing about its column, and no warehouse cuts it."""
    name = column_name(key)
    naming = NamingConvention(LONGEST)
    assert naming.normalize_identifier(name) == naming.normalize_path(name) == name
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name)


@given(keys)
def test_no_name_of_ours_is_taken(key: str) -> None:
    """No unknown field takes a column of a known one, the org's, or one of dlt's."""
    name = column_name(key)
    assert name not in JOB_SCHEMA.names
    assert not name.startswith("_dlt")


@given(st.sets(keys, max_size=12))
@example({"a&&!&(!!", "a&%?/=%!"})  # the first eight digits of their hashes are the same
@example({"fooBar", "foobar", "FooBar", "foo_bar", "foo_Bar", "fooBAR", "foo-bar", " fooBar", "fooBar "})
def test_two_keys_never_share_a_column(several: set[str]) -> None:
    """However alike keys are, each has a column of its own."""
    assert len({column_name(key) for key in several}) == len(several)


@given(keys)
@example("Foo!")
def test_no_key_takes_the_column_of_a_marked_one(key: str) -> None:
    """A key that is spelled like another one's column does not get that column."""
    name = column_name(key)
    rivals = {camel(name), name, name.upper(), f"{name}_", f" {name}", f"{name}__c"} - {key}
    assert name not in {column_name(rival) for rival in rivals}
