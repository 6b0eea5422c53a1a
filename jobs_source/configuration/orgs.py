"""Which orgs have credentials in the configuration."""

from typing import Optional

from jobs_source.configuration.lookup import list_section
from jobs_source.settings import CONFIG_SECTION, CREDENTIALS_SECTION

_CREDENTIALS = "credentials"


def configured_orgs() -> list[Optional[str]]:
    """List the orgs that have credentials, by section name; None is the org without a section of its own."""
    top = tuple(CONFIG_SECTION.split("."))
    inside = {found.name for found in list_section(top) if found.is_section} - {_CREDENTIALS}
    named = [name for name in inside if any(found.name == _CREDENTIALS for found in list_section((*top, name)))]
    has_default = any(found.name == _CREDENTIALS for found in list_section(top))
    return [*([None] if has_default else []), *sorted(named)]


def credentials_section(org: Optional[str]) -> str:
    """Name the section of the configuration that holds the login of *org*; None is the default org."""
    return f"{CONFIG_SECTION}.{org}.credentials" if org else CREDENTIALS_SECTION


def name_orgs(orgs: list[Optional[str]]) -> str:
    """List *orgs* in the words of a message."""
    return ", ".join(org or "the default org (without --org)" for org in orgs) or "none"
