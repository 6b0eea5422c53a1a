"""Makes the rows of `users`."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa


def make_user_rows(asked: Iterable[str], records: Iterable[Any], org_id: str, looked_up_at: datetime) -> pa.Table:
    """Return one row per id *asked*. All but its id and the time is empty if no record has that id."""
    raise NotImplementedError
