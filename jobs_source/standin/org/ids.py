"""
Salesforce ids: 15 case-sensitive characters, and 3 that tell which of them are upper case.

With the last three, an id is unique also in programs that ignore case. The Setup page and event logs leave them out.
"""

from functools import lru_cache

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_CASES = str.maketrans(_BASE62, "".join("1" if character.isupper() else "0" for character in _BASE62))
_INSTANCE = "Rm0"
_TAIL = 62**5


def make_id(prefix: str, number: int) -> str:
    """
    Return the 18-character id of the *number*-th object of a kind.

    Args:
        prefix: Three characters: `00D` org, `005` user, `750` job, `0r8` locator.
        number: 0 to 62 ** 9 - 1.
    """
    high, low = divmod(number, _TAIL)
    head, checks = _head(prefix, high)
    tail = _digits(low, 5)
    return f"{head}{tail}{checks}{_check(tail)}"


def to_18(id15: str) -> str:
    """Return the 18-character form of a 15-character id."""
    return id15 + "".join(_check(id15[start : start + 5]) for start in (0, 5, 10))


@lru_cache(maxsize=1000)
def _head(prefix: str, high: int) -> tuple[str, str]:
    head = f"{prefix}{_INSTANCE}{_digits(high, 4)}"
    return head, _check(head[:5]) + _check(head[5:])


def _check(five: str) -> str:
    return _CHECKS[int(five[::-1].translate(_CASES), 2)]


def _digits(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits
