"""Which orgs have credentials in the configuration."""

import os
import re
from typing import Final, Optional

from jobs_source.configuration.lookup import list_section, variable
from jobs_source.settings import CONFIG_SECTION, CREDENTIALS_SECTION

_TOP: Final = tuple(CONFIG_SECTION.split("."))
_CREDENTIALS: Final = "credentials"
_VARIABLE: Final = re.compile(rf"{variable(_TOP, '')}(?:([A-Z0-9_]+?)__)?CREDENTIALS(?:__\w+)?")


def configured_orgs() -> list[Optional[str]]:
    """List the orgs that have credentials, by section name; None is the org without a section of its own."""
    matches = [match for match in map(_VARIABLE.fullmatch, os.environ) if match]
    found = {match[1].lower() if match[1] else None for match in matches}
    inside = {it.name for it in list_section(_TOP) if it.is_section}
    found |= {None} if _CREDENTIALS in inside else set()
    found |= {name for name in inside if any(it.name == _CREDENTIALS for it in list_section((*_TOP, name)))}
    return sorted(found - {_CREDENTIALS}, key=lambda org: (org is not None, org or ""))


def credentials_section(org: Optional[str]) -> str:
    """Name the section of the configuration that holds the login of *org*; None is the default org."""
    return f"{CONFIG_SECTION}.{org}.credentials" if org else CREDENTIALS_SECTION


def name_orgs(orgs: list[Optional[str]]) -> str:
    """List *orgs* in the words of a message."""
    return ", ".join(org or "the default org (without --org)" for org in orgs) or "none"
