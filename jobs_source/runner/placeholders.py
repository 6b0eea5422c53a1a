"""Finds example texts in the configuration of a destination, which nobody has replaced."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import dlt

from jobs_source.exceptions import ConfigError

# Those of dlt, of our own pages, and what people write into templates.
_EXAMPLE: Final = re.compile(r"<[\w .-]+>|\.\.\.|…|.*://(USER:PASSWORD@|.*<[\w .-]+>|.*\[your[\w -]*\]).*")


def refuse_placeholders(destination: str) -> None:
    """
    Refuse a configuration of *destination* that has an example text in the place of a value.

    Raises:
        ConfigError: With the name of the key or the variable. The text itself is no secret, and is not shown.
    """
    found = [name for name, value in _values(destination) if isinstance(value, str) and _EXAMPLE.fullmatch(value)]
    if found:
        raise ConfigError(
            f"{', '.join(found)} still holds a placeholder. Put the real value there, in .dlt/secrets.toml or in the"
            " environment."
        )


def _values(destination: str) -> Iterator[tuple[str, Any]]:
    """Give the name and the value of all that is configured of it, in files and in the environment."""
    for provider in dlt.config.config_providers:
        section, _ = provider.get_value(destination, dict, "", "destination")
        if isinstance(section, Mapping):
            yield from _leaves(f"destination.{destination}", section)
    prefix = f"DESTINATION__{destination.upper()}__"
    yield from ((name, value) for name, value in os.environ.items() if name.startswith(prefix))


def _leaves(name: str, section: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _leaves(f"{name}.{key}", value)
        else:
            yield f"{name}.{key}", value
