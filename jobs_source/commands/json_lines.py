"""The lines of `--json`: each is one object, with the warnings that came before it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jobs_source.commands.notices import take_notices
from jobs_source.wording import time_text


def print_line(values: Mapping[str, Any]) -> None:
    """Print *values* and `warnings`: those of the values first, then those that were logged."""
    said = list(values.get("warnings", ()))
    said += [text for text in take_notices() if text not in said]
    print(json.dumps({**values, "warnings": said}, default=_plain), flush=True)


def _plain(value: object) -> str:
    return time_text(value) if isinstance(value, datetime) else str(value)
