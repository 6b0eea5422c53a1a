"""Reads JSON that may be invalid: a number that JSON does not allow, such as NaN, becomes text."""

import json
import math
from typing import Any


def parse_json(body: bytes) -> Any:
    """Return the value of *body*, or None if it is not JSON. A number that is too big for Python becomes text."""
    try:
        return json.loads(body, parse_constant=str, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> Any:
    number = float(text)
    return number if math.isfinite(number) else text
