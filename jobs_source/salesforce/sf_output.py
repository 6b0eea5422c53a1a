"""Reads what the `sf` program prints: its JSON, with other lines around it, and its last words if it fails."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from jobs_source.salesforce.foreign_text import quotable, without_colours

_DECODER: Final = json.JSONDecoder()
_OBJECT: Final = re.compile(r"\{(?=\s*[\"}])")  # where an object may begin
_SESSION: Final = {"accessToken", "instanceUrl"}
_BORDER: Final = " \t|\u203a\u00bb\u2502"  # what sf draws around a message
_WARNING: Final = re.compile(r"\W*(warning|warn\b|\(node:\d+\))|.*update available", re.IGNORECASE)
_REASON: Final = re.compile(r"error|\bE[A-Z]{4,}\b|not found|no such|denied|cannot|unable", re.IGNORECASE)
_FRAME: Final = re.compile(r"at .*[:(]|node:internal|Node\.js v|throw |\^")  # around the reason when node crashes


def read_answer(printed: bytes) -> dict[str, Any]:
    """
    Return the JSON object that is the answer of `sf --json`, empty if there is none.

        Successfully installed a plugin.
        {"status": 0, "result": {...}, "warnings": []}

    Of several, the last one with a session counts, else the last: others come from plugins.
    """
    answers = [it for it in _objects(_text(printed)) if {"status", "result"} & it.keys()]
    sessions = [it for it in answers if isinstance(it.get("result"), dict) and _SESSION & it["result"].keys()]
    return (sessions or answers or [{}])[-1]


def last_words(*printed: bytes) -> str:
    """Return the line that says most likely why the program failed, empty if there is none. It holds no secret."""
    lines = [line.strip(_BORDER) for each in printed for line in _text(each).splitlines()]
    lines = [line for line in lines if re.search(r"[^\W\d_]{2}", line) and not _is_noise(line)]
    reasons = [line for line in lines if _REASON.search(line)]
    return quotable((reasons or lines or [""])[-1])


def _text(printed: bytes) -> str:
    return without_colours(printed.decode("utf-8-sig", errors="replace"))


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Find the JSON objects in *text*, the outer ones only."""
    end = 0
    while start := _OBJECT.search(text, end):
        try:
            value, end = _DECODER.raw_decode(text, start.start())
            yield value
        except ValueError:
            end = start.end()
        except RecursionError:  # each of the next braces would end so too
            return


def _is_noise(line: str) -> bool:
    return bool(line[0] in '{}[]"' or line == "null" or _WARNING.match(line) or _FRAME.match(line))
