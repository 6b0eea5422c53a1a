"""Failed results of 2.0 jobs, as CSV in any of Salesforce's formats, and broken ones."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs_source.rows import csv_rows
from jobs_source.rows.error_counts import Counts
from jobs_source.rows.failed_csv import FailedCsv

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
COLUMNS = ["sf__Id", "sf__Error", "LastName", "Email"]
MISSING = "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
ONE_MISSING: Counts = Counter({("REQUIRED_FIELD_MISSING", "LastName"): 1})
Rows = Sequence[Sequence[str]]


def write(rows: Rows, delimiter: str = ",", ending: str = "\n", is_all_quoted: bool = True) -> bytes:
    out = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if is_all_quoted else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=delimiter, lineterminator=ending, quoting=quoting).writerows(rows)
    return out.getvalue().encode()


def pieces(body: bytes, size: int = 7) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


def read(body: bytes, size: int = 7) -> Counts:
    return FailedCsv().read(pieces(body, size))


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_format_of_a_job_is_read(delimiter: str, ending: str) -> None:
    """Whatever the delimiter is, a value may have all of them, quotes and ends of lines."""
    odd = f'a{"".join(DELIMITERS.values())}"b"\r\n\n"'
    body = write([COLUMNS, ["", MISSING, odd, odd], ["", f"TIMEOUT:{odd}:--", "", odd]], delimiter, ending)
    assert read(body) == ONE_MISSING + Counter({("TIMEOUT", ""): 1})


@given(data=st.data())
def test_whatever_is_written_is_counted_right(data: st.DataObject) -> None:
    """Any text in values and messages, in any dialect, in pieces of any size."""
    ending = data.draw(st.sampled_from(["\n", "\r\n"]))
    # Before Python 3.13 the csv module leaves a lone CR without quotes.
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=20)
    fields = st.lists(st.sampled_from(["LastName", "Email"]), unique=True)
    code = st.sampled_from(["TIMEOUT", "DUPLICATE_VALUE"])
    records = data.draw(st.lists(st.tuples(code, text, fields, text, text), max_size=30))
    rows = [["", f"{code}:{message}:{' '.join(names)} --", *values] for code, message, names, *values in records]
    delimiter = data.draw(st.sampled_from(list(DELIMITERS.values())))
    body = write([COLUMNS, *rows], delimiter, ending, data.draw(st.booleans()))
    expected = Counter((code, " ".join(names)) for code, _, names, *_ in records)
    assert read(body, data.draw(st.integers(1, 100))) == expected


@pytest.mark.parametrize(
    "header",
    [
        ["SF__ID", "SF__ERROR", "LastName", "Email"],
        ["LastName", "Email", "sf__error", "sf__Id"],
        ["LastName", "Email", " sf__Error ", "Sf__Created"],
    ],
    ids=["capitals", "order", "blanks"],
)
def test_the_header_may_be_in_another_order_and_in_capitals(header: list[str]) -> None:
    at = [name.strip().lower() for name in header].index("sf__error")
    row = ["x"] * 4
    row[at] = MISSING
    assert read(write([header, row], ";")) == ONE_MISSING


@pytest.mark.parametrize(
    "body",
    [b"", b"\n\r\n", b"\xef\xbb\xbf", write([COLUMNS]), write([COLUMNS]).strip(), b"\xef\xbb\xbf" + write([COLUMNS])],
    ids=["empty", "empty lines", "byte order mark", "header", "header without an end", "mark and header"],
)
def test_without_records_nothing_is_counted(body: bytes) -> None:
    assert read(body) == Counter()


def test_what_is_around_the_rows_does_not_matter() -> None:
    """A byte order mark, empty lines, and no end of the last line."""
    body = b"\xef\xbb\xbf\n" + write([COLUMNS, [], ["", MISSING, "", ""], []]) + write([["", MISSING, "", ""]]).strip()
    assert read(body) == ONE_MISSING + ONE_MISSING


@pytest.mark.parametrize(
    "value",
    [b"\0", b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80", b"\xc3", b"x" * 300_000, b"\n" * 300_000],
    ids=["NUL", "no UTF-8", "Latin-1", "surrogate", "half a character", "longer than a block", "many lines"],
)
def test_odd_bytes_in_a_value_do_not_matter(value: bytes) -> None:
    """In a value and in a message, in quotes."""
    row = b'"","TIMEOUT:%b:--","%b",""\n' % (value, value)
    assert read(write([COLUMNS]) + row + row, 60_000) == Counter({("TIMEOUT", ""): 2})


@pytest.mark.parametrize("row", [[""], ["", MISSING], ["", MISSING, "a"], ["", MISSING, "a", "b", "c"]], ids=len)
def test_a_row_with_too_few_or_too_many_values_is_left_out(row: list[str]) -> None:
    """A value may be where the error belongs. The rows after it are read."""
    shifted = [COLUMNS, row, ["", MISSING, "", ""]]
    assert read(write(shifted)) == ONE_MISSING


def test_a_line_that_is_too_long_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory is filled; the rows before it count."""
    monkeypatch.setattr(csv_rows, "_LONGEST", 1000)
    body = write([COLUMNS, ["", MISSING, "", ""]]) + b'"' + b"x," * 200_000
    assert read(body, 1000) == ONE_MISSING


def test_a_value_that_is_too_long_ends_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """In many lines, too: after it, no row begins at a known place."""
    monkeypatch.setattr(csv_rows, "_LONGEST", 1000)
    endless = ["", MISSING, "\n" * 2000, ""]
    limit = csv.field_size_limit(1000)
    try:
        counts = read(write([COLUMNS, ["", MISSING, "", ""], endless, endless]))
    finally:
        csv.field_size_limit(limit)
    assert counts == ONE_MISSING


def test_parts_may_have_a_header_or_not() -> None:
    """The first one has. A later header may be in another order."""
    results = FailedCsv()
    row = ["", MISSING, "a", "b"]
    bodies = [
        write([COLUMNS, row], "|"),
        write([row, row], "|"),
        b"",
        write([[*COLUMNS[2:], *COLUMNS[:2]], [*row[2:], *row[:2]]], "|"),
        write([["a", "b", "", MISSING]], "|"),
    ]
    counts = [results.read(pieces(body)) for body in bodies]
    assert counts == [ONE_MISSING, ONE_MISSING + ONE_MISSING, Counter(), ONE_MISSING, ONE_MISSING]


def test_values_that_look_like_a_header_are_a_record() -> None:
    """Else the values of a later part would be taken for names of fields."""
    results = FailedCsv()
    results.read(pieces(write([COLUMNS])))
    rows = [["sf__Id", "sf__Error", "Smith", "Miller"], ["", "TIMEOUT:x:Smith --", "", ""]]
    assert results.read(pieces(write(rows))) == Counter({("", ""): 1, ("TIMEOUT", ""): 1})


@pytest.mark.parametrize("body", [b"OK", b"<html><body>Sorry</body></html>", b'[{"a": 1}]', write([["Name"], ["A"]])])
def test_what_are_no_failed_results_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="no column sf__Error"):
        read(body)


VALUES = [
    "bob@example.com", "Bob Smith", "001Rm000003AbCdIAK", "+49 30 1234567", "4111 1111 1111 1111", "SMITH", "Smith",
    "Last", "Name", "LastNames", "lastname", "multi\nline", "a,b;c|d^e`f\tg", 'qu"ote', "SECRET_CODE", "DE89 3704",
    "SECRET_CODE:inside:LastName2 --", "Email2", "x:y", "--", "Ünal", "2026-11-20", "Müller--", "=1+1",
]  # fmt: skip


@pytest.mark.parametrize("delimiter", DELIMITERS.values(), ids=DELIMITERS)
def test_no_value_is_kept(delimiter: str) -> None:
    """Values in cells, in messages, and as columns that can be no fields: only codes and names of columns are left."""
    columns = ["sf__Id", "sf__Error", "LastName", "Email", *(value for value in VALUES if " " in value or "@" in value)]
    rows = [[value, f"TIMEOUT:{value}:{value} Email --", *[value] * (len(columns) - 2)] for value in VALUES]
    rows += [["", value, *["x"] * (len(columns) - 2)] for value in VALUES if not value.startswith("SECRET_CODE:")]
    assert read(write([columns, *rows], delimiter)) == Counter(
        {("TIMEOUT", "Email"): len(VALUES), ("", ""): len(VALUES) - 1}
    )
