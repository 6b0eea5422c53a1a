"""Finds keys that nobody knows. Most are a misspelt name of one of ours, whose default would be used in silence."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from dlt.common import logger

from jobs_source.configuration.known_keys import CREDENTIALS_KEYS, SETTINGS
from jobs_source.configuration.lookup import Found, Section, list_section, variable
from jobs_source.configuration.words import nearest
from jobs_source.exceptions import ConfigError

_CREDENTIALS: Final = "credentials"
_JOINED: Final = {  # with one _ where a variable needs two
    f"{_CREDENTIALS}_{key}": f"{_CREDENTIALS}__{key}".upper() for key in CREDENTIALS_KEYS
}


class _Unknown(NamedTuple):
    error: ConfigError
    is_mistake: bool


def check_settings(section: Section, is_strict: bool) -> None:
    """
    Refuse unknown settings in *section* of the source, and in the one around it.

    Unless *is_strict*, the run only warns of a name that is like none of ours: a user's own code may read it. Inner
    sections are other orgs, or dlt's own such as `data_writer`; one of them may be a misspelt `credentials`.

    Raises:
        ConfigError: If there is one.
    """
    sections = dict.fromkeys((section[:2], section))
    unknown = [_explain(inner, it) for inner in sections for it in list_section(inner) if not _is_known(it)]
    _raise([it.error for it in unknown if is_strict or it.is_mistake])
    for it in unknown:
        logger.warning(str(it.error))


def check_credentials(section: Section, found: Iterable[Found]) -> None:
    """Refuse unknown keys among those *found* in the credentials of *section*. Raises `ConfigError`."""
    unknown = []
    for it in found:
        if it.name in SETTINGS:
            unknown.append(ConfigError(f"{it.place} is a setting: it belongs under [{'.'.join(section)}]."))
        elif it.name not in CREDENTIALS_KEYS:
            right = nearest(it.name, CREDENTIALS_KEYS) or f" The keys are {', '.join(CREDENTIALS_KEYS)}."
            unknown.append(ConfigError(f"{it.place} is not a key of any login.{right}"))
    _raise(unknown)


def _raise(errors: Sequence[ConfigError]) -> None:
    if errors:
        raise ConfigError(" ".join(map(str, errors)))


def _is_known(found: Found) -> bool:
    if found.name == _CREDENTIALS:
        return True
    return not nearest(found.name, [_CREDENTIALS]) if found.is_section else found.name in SETTINGS


def _explain(section: Section, found: Found) -> _Unknown:
    if found.is_section:
        right = nearest(found.name, [_CREDENTIALS])
        return _Unknown(ConfigError(f"{found.place} is not a section of this program.{right}"), True)
    if found.name in CREDENTIALS_KEYS:
        name = ".".join((*section, _CREDENTIALS))
        return _Unknown(ConfigError(f"{found.place} is a key of a login: it belongs under [{name}]."), True)
    joined = _JOINED.get(found.name)
    right = f" Did you mean {variable(section, joined)}?" if joined else nearest(found.name, SETTINGS)
    others = "" if right else f" The settings are {', '.join(SETTINGS)}."
    return _Unknown(ConfigError(f"{found.place} is not a setting of this program.{right}{others}"), bool(right))
