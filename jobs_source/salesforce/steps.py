"""
The form of Salesforce's locators: `<cursor>-<offset>`, such as `0r8Rm00000000001AAA-2000`.

The form is not documented. It stands in the examples of
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html
"""

import re
from typing import Final, NamedTuple, Optional

_FORM: Final = re.compile(r"(.+)-(0|[1-9]\d{0,11})", re.ASCII)


class Steps(NamedTuple):
    """
    The locators of one walk, if each page begins *size* entries after the one before.

    Attributes:
        cursor: What all of them begin with.
        start: Offset of the first page.
        size: Entries of each page but the last.
    """

    cursor: str
    start: int
    size: int

    def locator(self, number: int) -> str:
        """Return the locator of page *number*; the first page is 1."""
        return f"{self.cursor}-{self.start + (number - 1) * self.size}"


def find_steps(own: Optional[str], following: str, entries: int) -> Optional[Steps]:
    """
    Tell how a walk goes on after its first page, which has *entries*.

    *own* is the locator of that page, None at the start of the list; *following* is that of the second page. The
    answer is None if their offsets do not differ by the entries between them.
    """
    second = _FORM.fullmatch(following)
    first = _FORM.fullmatch(own) if own else None
    if second is None or (own and (first is None or first[1] != second[1])):
        return None
    start = int(first[2]) if first else 0
    return Steps(second[1], start, entries) if entries and int(second[2]) == start + entries else None
