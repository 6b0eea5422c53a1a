"""Reads JSON that may be odd: a number that no JSON may hold, such as NaN, stays text."""

import json
import math
from typing import Any


def parse_json(body: bytes) -> Any:
    """Return what *body* says in JSON, or None where it is none. A number that Python has not stays text."""
    try:
        return json.loads(body, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> Any:
    number = float(text)
    return number if math.isfinite(number) else text
