"""
How much of its API allowance an org has used.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
"""

import math
import re
from typing import NamedTuple, Optional

import requests


class Usage(NamedTuple):
    """API calls of the org in the last 24 hours, from the newest `Sforce-Limit-Info` header."""

    used: int
    limit: int

    @property
    def percent(self) -> float:
        return 100 * self.used / self.limit if self.limit else 100.0

    def most(self, max_percent: float) -> int:
        """Return how many calls may be used at most."""
        return math.ceil(self.limit * max_percent / 100)


def read_usage(response: requests.Response) -> Optional[Usage]:
    """Read the usage of the whole org from an answer; None if it does not say."""
    found = re.search(r"(?<![\w-])api-usage=(\d+)/(\d+)", response.headers.get("Sforce-Limit-Info", ""))
    return Usage(int(found[1]), int(found[2])) if found else None
