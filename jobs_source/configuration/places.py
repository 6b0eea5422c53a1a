"""Names the section that a setting stands in, in errors about its value."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from jobs_source.configuration.known_keys import SETTINGS
from jobs_source.configuration.lookup import Section, find, outer_sections
from jobs_source.dlt_compat import current_section
from jobs_source.exceptions import ConfigError
from jobs_source.settings import CONFIG_SECTION

_NAME: Final = re.compile(rf"\b{re.escape(CONFIG_SECTION)}\.({'|'.join(SETTINGS)})\b")


@contextmanager
def naming_places() -> Iterator[None]:
    """Have a `ConfigError` name each setting as it is configured, such as sources.jobs_source.prod.lag_seconds."""
    try:
        yield
    except ConfigError as error:
        error.args = (_NAME.sub(lambda name: _place(name[1]), str(error)),)
        raise


def setting_sections(section: Section) -> list[Section]:
    """List the sections that may hold a setting of the source of *section*, the nearest first."""
    return [*outer_sections(section), section[:1]]


def _place(key: str) -> str:
    section, pipeline_name = current_section()
    found = find(key, SETTINGS[key].hint, setting_sections(section), pipeline_name)
    return found.name.replace("__", ".").lower() if found else f"{CONFIG_SECTION}.{key}"
