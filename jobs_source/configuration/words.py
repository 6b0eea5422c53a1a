"""Words that several messages about the configuration share."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, right: Iterable[str], likeness: float = 0.7) -> str:
    """Ask whether the *right* name that is most like *name* was meant; empty if none is like it."""
    found = get_close_matches(name.lower().replace("-", "_"), list(right), 1, likeness)
    return f" Did you mean {found[0]}?" if found else ""
