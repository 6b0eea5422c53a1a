"""Finds variables and sections whose name is almost ours, for the message that there are no credentials."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from jobs_source.configuration.known_keys import CREDENTIALS_KEYS
from jobs_source.configuration.lookup import list_section, variable
from jobs_source.settings import CONFIG_SECTION, CREDENTIALS_SECTION, SOURCE_SECTION

_VARIABLES: Final = [variable(tuple(CREDENTIALS_SECTION.split(".")), key) for key in CREDENTIALS_KEYS]

_MISPLACED: Final = {("source", SOURCE_SECTION): CONFIG_SECTION, (SOURCE_SECTION, "credentials"): CREDENTIALS_SECTION}


def name_look_alikes() -> str:
    """Ask of each whether another name was meant; empty if there is none."""
    return "".join(f" {place} is not read. Did you mean {meant}?" for place, meant in _find())


def _find() -> Iterator[tuple[str, str]]:
    for name in sorted(os.environ):
        meant = get_close_matches(name.upper(), _VARIABLES, 1, 0.95)
        if meant and name not in _VARIABLES:
            yield f"The variable {name}", meant[0]
    for found in list_section(("sources",)):
        is_other = found.is_section and found.name != SOURCE_SECTION
        if is_other and get_close_matches(found.name, [SOURCE_SECTION], 1, 0.8) and "variable" not in found.place:
            yield found.place, SOURCE_SECTION
    for (top, name), right in _MISPLACED.items():
        for found in list_section((top,)):
            if found.is_section and found.name == name and "variable" not in found.place:
                yield found.place, f"[{right}]"
