"""
Looks up keys in dlt's providers: the environment, dlt's files, vaults.

dlt itself also takes the bare name of a key, from the environment before all files. Other programs have variables such
as API_VERSION and CREDENTIALS too, so the bare name does not count here. dlt's other names do: `sources.KEY`, the name
of the source in the place of the section, and the name of a pipeline before everything.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

import dlt

from jobs_source.dlt_compat import is_secret_hint
from jobs_source.exceptions import ConfigError

Section = tuple[str, ...]


class Found(NamedTuple):
    """
    Something in a section.

    Attributes:
        name: The key, or the name of a section within the section.
        is_section: It is a section.
        place: Where it is, in the words of a message.
    """

    name: str
    is_section: bool
    place: str


def outer_sections(section: Section) -> list[Section]:
    """
    List the sections that dlt looks into for the source of *section*, such as (sources, jobs_source, prod).

    The nearest comes first. What all sources share, (sources,), is left out.
    """
    top, _, name = section
    return list(dict.fromkeys([section, section[:2], (top, name)]))


class Value(NamedTuple):
    """A configured value, and the full name of its key or variable."""

    value: Any
    name: str


def look_up(key: str, hint: Any, sections: Sequence[Section], pipeline_name: Optional[str] = None) -> Any:
    """Return the value that `find` finds; None if there is none. Raises as `find` does."""
    found = find(key, hint, sections, pipeline_name)
    return found and found.value


def find(key: str, hint: Any, sections: Sequence[Section], pipeline_name: Optional[str] = None) -> Optional[Value]:
    """
    Return the value of *key* in the first provider that has it in one of *sections*; None if none has.

    Raises:
        ConfigError: If it is a secret in a file that everybody may read.
    """
    for pipeline in [pipeline_name, None] if pipeline_name else [None]:
        for provider in dlt.config.config_providers:
            for section in sections:
                value, name = provider.get_value(key, hint, pipeline or "", *section)
                if _is_nothing(value):
                    continue
                if is_secret_hint(hint) and not provider.supports_secrets:
                    raise ConfigError(f"{name} is a secret, but stands in {provider.name}. Move it to secrets.toml.")
                return Value(value, name)
    return None


def _is_nothing(value: Any) -> bool:
    """Tell whether a key is not there, is a section, or is empty, as schedulers leave what they do not know."""
    return value is None or isinstance(value, dict) or (isinstance(value, str) and not value.strip())


def list_section(section: Section) -> Iterator[Found]:
    """List what is in *section* in dlt's files and in the environment."""
    name = ".".join(section)
    for provider in dlt.config.config_providers:
        content, _ = provider.get_value(section[-1], dict, "", *section[:-1])
        if isinstance(content, dict):
            for key, value in content.items():
                yield Found(key, isinstance(value, dict), f"{key} under [{name}] in {provider.name}")
    prefix = variable(section, "")
    for full_name in sorted(os.environ):
        if full_name.startswith(prefix):
            key, separator, _ = full_name[len(prefix) :].lower().partition("__")
            yield Found(key, bool(separator), f"The variable {full_name}")


def variable(section: Section, key: str) -> str:
    """Name the environment variable of *key* in *section*."""
    return "__".join((*section, key)).upper()


def searched_files(name: str) -> str:
    """List the paths where dlt looks for the file *name*, and whether it is there, in the words of a message."""
    paths = [
        Path(location).absolute()
        for provider in dlt.config.config_providers
        if provider.name == name
        for location in provider.locations
    ]
    return ", ".join(f"{path} ({'read' if path.is_file() else 'not there'})" for path in paths)
