"""Pages of entries: each entry is a row, or rejected with its reason, or both."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jobs_source.rows import job_rows
from jobs_source.rows.job_rows import JobRows, make_job_rows, make_rows, parse_plain
from jobs_source.rows.stamp_window import StampWindow
from jobs_source.rows.values import coerce_value
from jobs_source.runner.load import load
from jobs_source.schema import JOB_SCHEMA, JOBS, REJECTED_SCHEMA, column_name
from jobs_source.standin import StandIn
from tests.expected import COLUMNS, expected_row
from tests.odd_values import ORG, PLAIN, UNSTORABLE, VALUES, VERSIONS, rejection, without
from tests.warehouses import Warehouse, on_both

BEGAN = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WINDOW = StampWindow(None, BEGAN)
ROW = expected_row(ORG, PLAIN)


def parse(*entries: Any) -> JobRows:
    return make_rows(entries, ORG, "jobs/ingest", WINDOW)


def check_schemas(parsed: JobRows) -> None:
    """Known columns first, as documented; a text for each unknown field; rejected entries as documented."""
    known = len(JOB_SCHEMA)
    assert pa.schema(list(parsed.jobs.schema)[:known]) == JOB_SCHEMA
    assert list(parsed.jobs.schema)[known:] == [
        pa.field(column_name(key), pa.string()) for key in sorted(parsed.unknown)
    ]
    assert parsed.rejected.schema == REJECTED_SCHEMA
    parsed.jobs.validate(full=True)
    parsed.rejected.validate(full=True)


def check(parsed: JobRows, jobs: list[dict[str, Any]], rejected: list[dict[str, str]]) -> None:
    check_schemas(parsed)
    assert parsed.jobs.to_pylist() == jobs
    assert parsed.rejected.to_pylist() == rejected


@contextmanager
def careful_only() -> Iterator[None]:
    with patch.object(job_rows, "_all_at_once", side_effect=TypeError):
        yield


def test_plain_page() -> None:
    """Plain entries become complete rows in their order, with nulls for what is null or missing."""
    entries = [
        PLAIN,
        {**PLAIN, "id": "750Rm00000AbCdFIAV", "lineEnding": None, "columnDelimiter": None, "jobType": "Classic"},
        {**without("contentUrl"), "id": "750Rm00000AbCdGIAV", "object": None, "state": "Ünknown 😀"},
    ]
    check(parse(*entries), [expected_row(ORG, entry) for entry in entries], [])


def test_order_of_keys() -> None:
    """The order of the keys in an entry means nothing."""
    check(parse(dict(sorted(PLAIN.items())), dict(reversed(PLAIN.items()))), [ROW, ROW], [])


def test_empty_page() -> None:
    """A page without entries is two empty tables with all their columns."""
    check(parse(), [], [])


@pytest.mark.parametrize("key", sorted(VALUES))
def test_odd_value(key: str) -> None:
    """An odd value changes no other value. It is converted if that is exact, or else it is null and rejected."""
    for raw, value, reason in VALUES[key]:
        entry = {**PLAIN, key: raw}
        rejected = [rejection(entry, f"{key}: {reason}")] if reason else []
        check(parse(PLAIN, entry, PLAIN), [ROW, {**ROW, COLUMNS[key]: value}, ROW], rejected)
        check(parse(entry, PLAIN), [{**ROW, COLUMNS[key]: value}, ROW], rejected)
    check(parse(PLAIN, without(key)), [ROW, {**ROW, COLUMNS[key]: None}], [])


@pytest.mark.parametrize("other", [64.0, "64.0", None])
def test_versions_of_a_page_may_differ_in_kind(other: Any) -> None:
    """An API version becomes the same text from every form, whatever the rest of the page has."""
    first = {**PLAIN, "apiVersion": other}
    row = {**ROW, "api_version": other and "64.0"}
    for raw, version, reason in VERSIONS:
        second = {**PLAIN, "apiVersion": raw}
        rows = [row, {**ROW, "api_version": version}]
        rejected = [rejection(second, f"apiVersion: {reason}")] if reason else []
        check(parse(first, second), rows, rejected)
        check(parse(second, first), rows[::-1], rejected)


@pytest.mark.parametrize(
    ("stamp", "is_possible"),
    [
        (BEGAN + timedelta(seconds=1), True),
        (BEGAN + timedelta(hours=24) - timedelta(milliseconds=1), True),
        (BEGAN + timedelta(hours=24), False),
        (BEGAN + timedelta(days=3650), False),
        (datetime(1999, 1, 1, tzinfo=timezone.utc), True),
        (datetime(1998, 12, 31, 23, 59, 59, tzinfo=timezone.utc), False),
    ],
)
def test_impossible_stamp(stamp: datetime, is_possible: bool) -> None:
    """A stamp a day or more after the start of the walk, or before Salesforce existed, is null and rejected."""
    entry = {**PLAIN, "systemModstamp": stamp.isoformat(timespec="milliseconds")}
    rejected = [] if is_possible else [rejection(entry, f"systemModstamp: {stamp.isoformat()} cannot be right")]
    check(parse(PLAIN, entry), [ROW, {**ROW, "system_modstamp": stamp if is_possible else None}], rejected)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (without("id"), "no id"),
        ({**PLAIN, "id": None}, "no id"),
        ({**PLAIN, "id": ""}, "no id"),
        ({**PLAIN, "id": True}, "id: bool where text belongs; no id"),
        ({**PLAIN, "id": 7.5}, "id: float where text belongs; no id"),
        ({**PLAIN, "id": ["750"]}, "id: list where text belongs; no id"),
        ({**PLAIN, "id": {}}, "id: dict where text belongs; no id"),
        ({**PLAIN, "id": "750\0"}, f"id: {UNSTORABLE}; no id"),
        ({**PLAIN, "id": "\ud800"}, f"id: {UNSTORABLE}; no id"),
        ({**PLAIN, "id": "", "state": 1.5}, "state: float where text belongs; no id"),
        ({}, "no id"),
        ({"newField": 1}, "no id"),
        (None, "not an object"),
        ("750Rm00000AbCdEIAV", "not an object"),
        ("", "not an object"),
        (7, "not an object"),
        (False, "not an object"),
        ([], "not an object"),
        ([PLAIN], "not an object"),
    ],
)
def test_no_row(entry: Any, reason: str) -> None:
    """An entry that is not an object, or has no id, is only rejected. The others of its page are rows."""
    check(parse(PLAIN, entry, PLAIN), [ROW, ROW], [rejection(entry, reason)])
    check(parse(entry), [], [rejection(entry, reason)])


def test_numeric_id() -> None:
    """A whole number as id becomes its digits."""
    check(parse({**PLAIN, "id": 750}), [{**ROW, "id": "750"}], [])


def test_double_ids() -> None:
    """Entries with the same id on a page all become rows. The load decides which one stays."""
    older = {**PLAIN, "state": "Open", "systemModstamp": "2026-11-20T08:00:00Z"}
    odd = {**PLAIN, "state": False}
    rows = [ROW, expected_row(ORG, {**older, "systemModstamp": "2026-11-20T08:00:00.0Z"}), ROW]
    check(parse(PLAIN, older, PLAIN), rows, [])
    rejected = [rejection(odd, "state: bool where text belongs")]
    check(parse(PLAIN, odd), [ROW, {**ROW, "state": None}], rejected)


def test_several_reasons() -> None:
    """An entry with several odd values is rejected once, with all reasons."""
    entry = {**PLAIN, "operation": [], "createdDate": "yesterday", "apiVersion": "new"}
    reasons = "operation: list where text belongs; createdDate: not a time with a zone; apiVersion: not an API version"
    row = {**ROW, "operation": None, "created_date": None, "api_version": None}
    check(parse(entry), [row], [rejection(entry, reasons)])


def test_unknown_fields() -> None:
    """An unknown field becomes a text column, whatever its type. It is null if an entry lacks it."""
    new = {
        "isPkChunkingSupported": False,
        "retries": 3,
        "ratio": 0.5,
        "note": "é😀",
        "nothing": None,
        "tags": ["a", {"b": None}],
        "OwnerName": "Ann\0",
        "orgId": "another",
    }
    texts = {
        "is_pk_chunking_supported": "false",
        "retries": "3",
        "ratio": "0.5",
        "note": "é😀",
        "nothing": None,
        "tags": '["a", {"b": null}]',
        column_name("OwnerName"): '"Ann\\u0000"',
        column_name("orgId"): "another",
    }
    parsed = parse(PLAIN, {**PLAIN, **new})
    check(parsed, [{**ROW, **dict.fromkeys(texts)}, {**ROW, **texts}], [])
    assert parsed.unknown == set(new)
    with careful_only():
        assert parse(PLAIN, {**PLAIN, **new}) == parsed


def test_unknown_fields_of_what_is_no_row() -> None:
    """A field that only rejected entries have does not become a column. Their raw text has it."""
    parsed = parse({**PLAIN, "retries": 1}, {"id": "", "oddField": 1}, {"\ud800": 1})
    check(
        parsed,
        [{**ROW, "retries": "1"}],
        [rejection({"id": "", "oddField": 1}, "no id"), rejection({"\ud800": 1}, "no id")],
    )
    assert parsed.unknown == {"retries"}


def test_unknown_field_with_a_strange_name() -> None:
    """A field's name may be empty, or have a NUL or half a surrogate pair: no row is lost."""
    new = {"\ud800": "a", "\0": "b", "": "c", "DROP TABLE": "d"}
    parsed = parse({**PLAIN, **new})
    check(parsed, [{**ROW, **{column_name(key): value for key, value in new.items()}}], [])


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of all values that were read one by one."""
    seen: list[str] = []
    one_by_one: Callable[..., Any] = coerce_value

    def value(key: str, *arguments: Any) -> Any:
        seen.append(key)
        return one_by_one(key, *arguments)

    monkeypatch.setattr(job_rows, "coerce_value", value)
    return seen


def test_plain_pages_go_in_bulk(looked_at: list[str]) -> None:
    """On a page as Salesforce sends it, no value is read alone, also with new fields, nulls or text versions."""
    kinds = [
        PLAIN,
        {**PLAIN, "jobType": "Classic", "lineEnding": None, "apiVersion": None},
        {**without("contentUrl"), "newField": {"a": 1}, "createdDate": "2026-11-20T09:00:00Z"},
    ]
    assert parse(*(kinds * 333)).jobs.num_rows == 999
    assert parse(*({**PLAIN, "apiVersion": "64.0"} for _ in range(1_000))).jobs.num_rows == 1_000
    assert parse(*({**PLAIN, "apiVersion": 64} for _ in range(1_000))).jobs.num_rows == 1_000
    assert looked_at == []


@pytest.mark.parametrize("odd", [None, {**PLAIN, "id": None}, {**PLAIN, "state": 1}, {**PLAIN, "createdDate": ""}])
def test_only_the_odd_page_goes_the_careful_way(odd: Any, looked_at: list[str]) -> None:
    """For one odd entry, only its page is read one by one, not the pages before and after."""
    parse(*[PLAIN] * 100)
    parse(*[PLAIN] * 9, odd)
    parse(*[PLAIN] * 100)
    objects = 9 + isinstance(odd, dict)
    assert sorted(looked_at) == sorted([*COLUMNS] * objects)


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(), max_size=8),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(st.characters(), max_size=6), inner, max_size=3)
    ),
    max_leaves=5,
).map(lambda value: json.loads(json.dumps(value)))  # as a parser gives them: surrogate pairs joined
zones = st.sampled_from(["+0000", "Z", "", "+05:30", "-2359", "+14", "+00:60", "+24:00", "z", " Z", "+0"])
clocks = st.one_of(
    st.times().map(str),
    st.sampled_from(["12", "12:00", "12:00:60", "24:00:00", "12:00:00.", "12:00:00.1234567", "12:00:00.1234560"]),
)
days = st.one_of(
    st.dates(datetime(1998, 12, 30).date(), datetime(2026, 11, 23).date()).map(str),
    st.sampled_from(
        ["0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-30", "2026-11-2", "\uff12026-11-20"]
    ),
)
moments = st.builds("{}{}{}{}".format, days, st.sampled_from(["T", " ", "t", ""]), clocks, zones)
versions = st.one_of(
    st.sampled_from([64, 64.0, 64.5, 9, 0, -0.0, True, False, "64", "64.0", "v64.0", "9.0", "064.0", "64.0 ", 2**60]),
    st.floats(0, 20_000, allow_nan=False),
)
changes = st.one_of(
    st.tuples(st.sampled_from(("createdDate", "systemModstamp")), moments),
    st.tuples(st.just("apiVersion"), versions),
    st.tuples(st.sampled_from([*COLUMNS]), st.text(st.characters(), max_size=8)),
    st.tuples(st.sampled_from([*COLUMNS]), json_values),
    st.tuples(st.text(st.characters(), max_size=6), json_values),
)
entries_like_jobs = st.lists(changes, max_size=2).map(lambda pairs: json.loads(json.dumps({**PLAIN, **dict(pairs)})))
pages_like_jobs = st.lists(entries_like_jobs, max_size=3)
pages = st.lists(st.one_of(entries_like_jobs, json_values), max_size=5)


STYLES: list[dict[str, Any]] = [{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}]


def as_lines(entries: list[Any], style: dict[str, Any]) -> list[bytes]:
    return [json.dumps(entry, **style).encode(errors="surrogatepass") for entry in entries]


def test_pages_with_different_unknown_fields_are_one_table() -> None:
    """A field that only one page has is empty on the others, and none is forgotten."""
    odd = {**PLAIN, "id": None, "moon": "full"}
    pages = [as_lines([entry], {}) for entry in (PLAIN, {**PLAIN, "retries": 1}, odd, {**PLAIN, "moon": "new"})]

    joined, listed = make_job_rows(pages, ORG, JOBS, WINDOW)

    assert joined.jobs.to_pylist() == [
        {**ROW, "retries": None, "moon": None},
        {**ROW, "retries": "1", "moon": None},
        {**ROW, "retries": None, "moon": "new"},
    ]
    assert (joined.rejected.num_rows, listed) == (1, 4)
    assert joined.unknown == {"retries", "moon"}


def test_many_nulls_are_left_to_the_careful_way() -> None:
    """pyarrow 26.0.1 reads a megabyte at a time, and crashes where one begins with null."""
    lines = as_lines([PLAIN], {}) * 4_000
    assert parse_plain([*lines, *[b"null"] * 400_000, *lines], ORG, WINDOW) is None


def test_fast_and_careful_way_agree() -> None:
    """If the fast path accepts entries, the careful path gives the same rows and rejects nothing."""
    went_fast: list[bool] = []

    @given(st.one_of(pages_like_jobs, pages), st.sampled_from(STYLES))
    @settings(max_examples=500)
    @example([{**PLAIN, "createdDate": "2026-11-20T12:00Z"}], {})
    @example([{**PLAIN, "createdDate": "2026-11-20 12+01"}], {})
    @example([{**PLAIN, "apiVersion": True}, PLAIN], {})
    @example([None], {})  # pyarrow 26.0.1 crashes on it
    @example([PLAIN, None, PLAIN], {})
    @example([{**PLAIN, "object": "half a pair: \ud800"}], {"ensure_ascii": False})
    def both_ways(entries: list[Any], style: dict[str, Any]) -> None:
        fast = parse_plain(as_lines(entries, style), ORG, WINDOW)
        with careful_only():
            careful = parse(*entries)
        went_fast.append(fast is not None)
        if fast is not None:
            assert fast == careful
        assert parse(*entries) == careful

    both_ways()
    assert 20 < sum(went_fast) < len(went_fast) - 20  # Hypothesis draws constants of modules that are imported, too


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": "750R0000000zlh9IAA", "object": "\xff"}',
        b'{"id": "750R0000000zlh9IAA", "id": "750R0000000zlhAIAQ"}',
        b'{"id": "750R0000000zlh9IAA", "apiVersion": NaN}',
        b'{"id": "750R0000000zlh9IAA", "apiVersion": 1e999}',
        b'{"id": "750R0000000zlh9IAA"} {"id": "750R0000000zlhAIAQ"}',
    ],
)
def test_a_line_that_json_should_not_have_is_left_to_the_careful_way(line: bytes) -> None:
    """Text that is not UTF-8, a field twice, an invalid number, or two objects."""
    assert parse_plain(as_lines([PLAIN], {}), ORG, WINDOW) == parse(PLAIN)
    assert parse_plain([*as_lines([PLAIN], {}), line], ORG, WINDOW) is None


@given(pages)
def test_no_entry_is_dropped(entries: list[Any]) -> None:
    """Any JSON is parsed without an error. Each entry is a row, or rejected unchanged, or both."""
    parsed = parse(*entries)
    check_schemas(parsed)
    told = [json.dumps(json.loads(text)) for text in parsed.rejected["entry"].to_pylist()]
    for entry in entries:
        parts = parse(entry)
        assert parts.jobs.num_rows + parts.rejected.num_rows in (1, 2)
        assert parts.rejected.num_rows == 0 or json.dumps(entry) in told
    assert parsed.jobs.num_rows == sum(parse(entry).jobs.num_rows for entry in entries)
    assert parsed.rejected.num_rows == sum(parse(entry).rejected.num_rows for entry in entries)
    assert set(parsed.jobs["org_id"].to_pylist()) <= {ORG}


def digest(entry: Any, org: str = ORG, listing: str = "jobs/ingest") -> str:
    [row] = make_rows([entry], org, listing, WINDOW).rejected.to_pylist()
    return str(row["entry_hash"])


@given(json_values, json_values)
@example({"a": 1, "b": 2}, {"b": 2, "a": 1})
@example({"a": 1}, {"a": 1.0})
@example({"a": 1}, {"a": True})
@example("\ud800", "\\ud800")
def test_hash_of_a_rejected_entry(one: Any, other: Any) -> None:
    """Equal entries have one hash, in any order of their keys. Different entries have different hashes."""
    one, other = {"id": None, "x": one}, {"id": None, "x": other}
    are_equal = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (digest(one) == digest(other)) == are_equal
    assert digest(one) == digest(dict(reversed(one.items())))


def test_hash_tells_orgs_and_listings_apart() -> None:
    """The same entry in another org or listing is another rejected entry, and in another run it is the same."""
    hashes = {digest(None), digest(None, org="00DRm00009EeSOjMAM"), digest(None, listing="jobs/query")}
    assert len(hashes) == 3
    assert digest(None) in hashes
    later = make_rows([None], ORG, "jobs/ingest", StampWindow(None, BEGAN + timedelta(days=1))).rejected.to_pylist()
    assert later == [rejection(None, "not an object")]


@on_both
def test_every_odd_value_of_every_field_is_in_the_warehouse_or_told_or_both(
    standin: StandIn, log_in: Callable[..., None], warehouse: Warehouse
) -> None:
    """Each entry has a row, complete except for that value, and a rejected entry if the value could not be kept."""
    org_id, is_postgres = standin.org.org_id, warehouse.destination == "postgres"
    rows, rejected = {}, []
    for key, odds in VALUES.items():
        for number, odd in enumerate(odds):
            entry = {**PLAIN, "id": f"750 {key} {number}", key: odd.raw}
            standin.org.add_raw_entry(entry)
            value = None if odd.value == "" and is_postgres else odd.value  # dlt copies with FORCE_NULL
            rows[entry["id"]] = {**expected_row(org_id, {**PLAIN, "id": entry["id"]}), COLUMNS[key]: value}
            rejected += [rejection(entry, f"{key}: {odd.reason}", org_id)] if odd.reason else []
        missing = {**without(key), "id": f"750 {key} missing"}
        standin.org.add_raw_entry(missing)
        rows[missing["id"]] = {**expected_row(org_id, {**PLAIN, "id": missing["id"]}), COLUMNS[key]: None}
    log_in(standin)

    summary = load(destination=warehouse.destination)

    assert (summary.jobs_listed, summary.jobs_new, summary.entries_rejected) == (len(rows), len(rows), len(rejected))
    assert {row["id"]: row for row in warehouse.rows("jobs")} == rows
    assert warehouse.rows("rejected_jobs") == sorted(rejected, key=lambda row: row["entry_hash"])
