"""Where the dashboard reads, and how: one reader at a time, and an error is a sentence."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Final, NamedTuple, TypeVar, Union

from jobs_source.dashboard.database import Database, Rows, opening_database
from jobs_source.dashboard.figures import Figures, read_figures
from jobs_source.dashboard.filters import Filters
from jobs_source.exceptions import SalesforceJobsError
from jobs_source.settings import NAME

T = TypeVar("T")
_LOGGER: Final = logging.getLogger(__name__)
# Each page that is open has a thread, and dlt keeps the pipeline at work in one place for all of them.
_ONE_AT_A_TIME: Final = threading.Lock()


class Place(NamedTuple):
    """A dataset of a destination, and the org that is chosen at first."""

    destination: str = "duckdb"
    dataset: str = NAME
    org: str = ""

    def choices(self) -> Union[Rows, str]:
        """Read what jobs can be chosen by (choices.sql), or say why that cannot be read."""
        return self._read(lambda database: database.ask("choices", {}))

    def figures(self, days: int, **chosen: Union[str, None]) -> Union[Figures, str]:
        """Read the figures of the last *days*, or say why they cannot be read."""
        filters = Filters.last_days(days, datetime.now(timezone.utc), **chosen)
        return self._read(lambda database: read_figures(database, filters))

    def _read(self, ask: Callable[[Database], T]) -> Union[T, str]:
        try:
            with _ONE_AT_A_TIME, opening_database(self.destination, self.dataset, "dashboard") as database:
                return ask(database)
        except SalesforceJobsError as error:
            return str(error)
        except Exception as error:
            _LOGGER.exception("The dashboard cannot read its data")
            return f"The data cannot be read: {error}"


chosen = Place()
"""What the running dashboard shows. marimo gives no arguments to an app that runs inside another program."""


def choose(place: Place) -> None:
    """Have the dashboard of this process show *place*."""
    global chosen
    chosen = place
