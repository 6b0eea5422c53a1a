"""Files of failed rows over real connections: every format, very long ones, and those that break off."""

import csv
import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pytest
import requests
import urllib3

from jobs_source.standin import Clock, StandIn
from jobs_source.standin.org.result_rows import Table
from tests.standin.caller import NOON

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
COLUMNS = ("sf__Id", "sf__Error", "Name", "Note__c")
ROWS = 60_000
PIECE = 65_536


def many_rows() -> Iterator[tuple[str, ...]]:
    for number in range(ROWS):
        yield "", "INVALID_EMAIL_ADDRESS:Email: invalid:Email --", f"Name {number}", 'a\nb "c"' + "d" * 40


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(clock=Clock(NOON, frozen=True)) as standin:
        yield standin
        assert standin.unexpected == []


@pytest.fixture
def failed(standin: StandIn) -> Callable[..., tuple[str, dict[str, str]]]:
    """Where the failed rows of a new job are, and with which header."""

    def failed(**fields: Any) -> tuple[str, dict[str, str]]:
        kind = {"job_type": "V2Ingest", "operation": "insert", "line_ending": "LF", "column_delimiter": "COMMA"}
        (id,) = standin.org.add_jobs(1, state="JobComplete", **(kind | fields))
        url = f"{standin.url}/services/data/v64.0/jobs/ingest/{id}/failedResults"
        return url, {"Authorization": f"Bearer {standin.org.issue_token()}", "Accept-Encoding": "identity"}

    return failed


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_formats(
    standin: StandIn, failed: Callable[..., tuple[str, dict[str, str]]], delimiter: str, ending: str
) -> None:
    """A file has the delimiter and the line ends of its job, whatever is in its values."""
    rows = [["", f"X:{text}:--", text, "ü"] for text in (DELIMITERS[delimiter], "a\nb", "a\r\nb", '"', '""', "")]
    standin.org.failed_rows = lambda job: Table(COLUMNS, rows)
    url, headers = failed(column_delimiter=delimiter, line_ending=ending)
    text = requests.get(url, headers=headers, timeout=10).content.decode()
    lines = list(csv.reader(text.splitlines(keepends=True), delimiter=DELIMITERS[delimiter]))
    assert lines == [list(COLUMNS), *rows]
    assert text.startswith(DELIMITERS[delimiter].join(f'"{name}"' for name in COLUMNS) + ENDINGS[ending])


def test_long_file_in_little_memory(standin: StandIn, failed: Callable[..., tuple[str, dict[str, str]]]) -> None:
    """A file of 7 MB goes out in chunks while it is made. Nobody knows its length before."""
    standin.org.failed_rows = lambda job: Table(COLUMNS, many_rows())
    url, headers = failed()
    tracemalloc.start()
    with requests.get(url, headers=headers, timeout=10, stream=True) as response:
        sizes = [len(piece) for piece in response.iter_content(PIECE)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(sizes) > 6_000_000
    assert peak < 2_000_000
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert response.headers.keys() & {"Content-Length", "Sforce-NumberOfRecords", "Sforce-Locator"} == set()


def test_long_file_compressed(standin: StandIn, failed: Callable[..., tuple[str, dict[str, str]]]) -> None:
    """A client that accepts it gets the same file compressed, in chunks too."""
    standin.org.failed_rows = lambda job: Table(COLUMNS, islice(many_rows(), 20_000))
    url, headers = failed()
    packed = urllib3.request("GET", url, headers={**headers, "Accept-Encoding": "gzip"}, decode_content=False)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == requests.get(url, headers=headers, timeout=10).content


def test_long_file_in_parts(standin: StandIn, failed: Callable[..., tuple[str, dict[str, str]]]) -> None:
    """A long file can come in parts, each with a header of its own."""
    standin.org.failed_rows = lambda job: Table(COLUMNS, islice(many_rows(), 25))
    standin.org.ingest_result_page_size = 10
    url, headers = failed()
    names, locators = [], [""]
    while locators[-1] != "null":
        asked = {"locator": locators[-1]} if locators[-1] else {}
        response = requests.get(url, headers=headers, params=asked, timeout=10)
        header, *rows = csv.reader(response.text.splitlines(keepends=True))
        assert header == list(COLUMNS)
        names += [row[2] for row in rows]
        locators.append(response.headers["Sforce-Locator"])
    assert names == [f"Name {number}" for number in range(25)]
    assert locators == ["", "MTA", "MT14", "null"]


@pytest.mark.parametrize("kind", ["cut", "reset"])
@pytest.mark.parametrize("after", [0, 7, 20_000])
@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_file_that_breaks_off(
    standin: StandIn, failed: Callable[..., tuple[str, dict[str, str]]], kind: str, after: int, encoding: str
) -> None:
    """A connection can end in the midst of a file; the next answer is whole."""
    standin.org.failed_rows = lambda job: Table(COLUMNS, islice(many_rows(), 20_000))
    url, headers = failed()
    headers["Accept-Encoding"] = encoding
    whole = requests.get(url, headers=headers, timeout=10).content
    fault = standin.misbehave(kind, path="failedResults", after=after)
    got = b""
    with pytest.raises(requests.RequestException):
        for piece in requests.get(url, headers=headers, timeout=10, stream=True).iter_content(1000):
            got += piece
    assert fault.fired == 1
    assert whole.startswith(got)
    assert len(got) < len(whole)
    assert requests.get(url, headers=headers, timeout=10).content == whole


def test_few_rows_break_off(standin: StandIn, failed: Callable[..., tuple[str, dict[str, str]]]) -> None:
    """A short file can end too early as well, by default after half of it."""
    url, headers = failed(number_records_processed=9, number_records_failed=9)
    whole = requests.get(url, headers=headers, timeout=10).content
    standin.misbehave("cut", path="failedResults")
    with requests.get(url, headers=headers, timeout=10, stream=True) as answer:
        assert answer.raw.read(len(whole) // 2) == whole[: len(whole) // 2]
        with pytest.raises(urllib3.exceptions.ProtocolError):
            answer.raw.read(1)
