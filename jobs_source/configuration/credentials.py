"""Reads the credentials of a run, and makes the object that logs in."""

from collections.abc import Mapping
from typing import Any, Final, Optional

from dlt.common.typing import TSecretStrValue

from jobs_source.configuration.flows import complete_flows, pick_flow
from jobs_source.configuration.known_keys import CREDENTIALS_KEYS
from jobs_source.configuration.lookup import Found, Section, list_section, look_up, outer_sections
from jobs_source.configuration.unknown_keys import check_credentials
from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import AnyCredentials, SalesforceCredentials
from jobs_source.salesforce.pasted import clean
from jobs_source.settings import CREDENTIALS_SECTION, NAME

_KEY: Final = "credentials"
_SHARED: Final = (("sources", _KEY), (_KEY,))


def read_credentials(section: Section, pipeline_name: Optional[str], given: Any = None) -> SalesforceCredentials:
    """
    Return the credentials for the source of *section*: what is *given* in Python, and what is configured.

    The nearest section that makes a login complete is the last one that is read.

    Raises:
        ConfigError: If there is no login, an incomplete one, or several; or if a key is unknown.
    """
    if isinstance(given, SalesforceCredentials):
        if not given.lacking(given.present()):
            return given if given.is_resolved() else given.resolve()
        given = {**given.as_dict_nondefault(), "auth_flow": given.flow}
    keys, place = _check_given({} if given is None else given, section), ""
    for outer in outer_sections(section):
        if complete_flows(keys):
            break
        found = _read_section(outer, pipeline_name)
        place = place or (_name(outer) if found else "")
        keys = {**found, **keys}
    return make_credentials(_with_shared(keys, pipeline_name), place or _own_name(section))


def read_own_credentials(section: Section) -> AnyCredentials:
    """Return the credentials in *section* alone. Raises `ConfigError`."""
    return make_credentials(_read_section(section, None), _name(section))


def make_credentials(keys: Mapping[str, Any], section: str) -> AnyCredentials:
    """Make the credentials of the one login that *keys* of *section* belong to. Raises `ConfigError`."""
    flow = pick_flow(keys, section)
    fields = flow.get_resolvable_fields()
    credentials = flow(**{key: value for key, value in keys.items() if key in fields})
    credentials.section = section
    credentials.resolve()
    return credentials


def _check_given(given: Any, section: Section) -> dict[str, Any]:
    if isinstance(given, str):
        raise _single_text("The argument credentials")
    if not isinstance(given, Mapping):
        raise ConfigError(
            "The argument credentials must be an object of jobs_source.salesforce.credentials or a dictionary of keys,"
            f" not of the type {type(given).__name__}. Leave it out to use the configuration."
        )
    check_credentials(section, [Found(key, False, f"{key} in the argument credentials") for key in given])
    return _clean(given, "the argument credentials")


def _read_section(section: Section, pipeline_name: Optional[str]) -> dict[str, Any]:
    """Return the keys that have a value in the credentials of *section*."""
    inner, name = (*section, _KEY), _name(section)
    text = look_up(_KEY, TSecretStrValue, [section], pipeline_name)
    if text:
        raise _single_text(name)
    check_credentials(section, list_section(inner))
    found = {key: look_up(key, hint, [inner], pipeline_name) for key, hint in CREDENTIALS_KEYS.items()}
    return _clean(found, f"[{name}]")


def _with_shared(keys: dict[str, Any], pipeline_name: Optional[str]) -> dict[str, Any]:
    """Add what a login lacks from the sections that all sources share. These may hold keys of other sources too."""
    if complete_flows(keys):
        return keys
    found = {key: look_up(key, hint, _SHARED, pipeline_name) for key, hint in CREDENTIALS_KEYS.items()}
    shared = _clean(found, " and ".join(f"[{'.'.join(section)}]" for section in _SHARED))
    fields = {field for flow in complete_flows({**shared, **keys}) for field in flow.get_resolvable_fields()}
    return {**{key: value for key, value in shared.items() if key in fields}, **keys}


def _clean(keys: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return the keys that have a value, as texts."""
    texts = {}
    for key, value in keys.items():
        if value is not None and (not isinstance(value, (str, int)) or isinstance(value, bool)):
            raise ConfigError(f"{key} of {place} is not a text. Write it in quotes.")
        if value is not None and (text := clean(str(value))):
            texts[key] = text
    return texts


def _own_name(section: Section) -> str:
    return CREDENTIALS_SECTION if section[-1] == NAME else _name(section)


def _name(section: Section) -> str:
    return ".".join((*section, _KEY))


def _single_text(what: str) -> ConfigError:
    return ConfigError(
        f"{what} is a single text. Set each of its keys separately: client_id and so on, as lines of that section or as"
        " variables that end with __CREDENTIALS__CLIENT_ID and so on."
    )
