"""CSV in a job's own format: reads uploads, writes results."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from jobs_source.standin.org.errors import ApiError
from jobs_source.standin.org.jobs import Job

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
_PIECE_CHARACTERS = 65_536
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


def read_csv(job: Job, body: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and rows of an upload. Raises `ApiError` (InvalidBatch) if there are none."""
    try:
        text = io.StringIO(body.decode("utf-8-sig"), newline="")
        lines = [line for line in csv.reader(text, delimiter=_delimiter(job)) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ApiError(400, "InvalidBatch", f"The upload is not CSV in UTF-8: {error}") from None
    if not lines:
        raise ApiError(400, "InvalidBatch", "The upload has no header row")
    columns, *rows = lines
    return columns, [dict(zip(columns, row, strict=False)) for row in rows]


def write_csv(job: Job, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return *rows* under *columns*, every value in quotes."""
    return b"".join(write_pieces(job, columns, rows))


def write_pieces(job: Job, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the same piece by piece, so that no more than one is in memory."""
    out = io.StringIO(newline="")
    ending = LINE_ENDINGS[job.kind.line_ending or "LF"]
    writer = csv.writer(out, delimiter=_delimiter(job), lineterminator=ending, quoting=csv.QUOTE_ALL)
    for row in chain([columns], rows):
        writer.writerow(row)
        if out.tell() >= _PIECE_CHARACTERS:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _delimiter(job: Job) -> str:
    return DELIMITERS[job.kind.column_delimiter or "COMMA"]
