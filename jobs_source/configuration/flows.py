"""
Tells which login a set of keys belongs to.

Keys of several logins are refused: taking one of them in silence may load another org than the one that is meant.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from jobs_source.configuration.known_keys import FLOWS
from jobs_source.configuration.look_alikes import name_look_alikes
from jobs_source.configuration.lookup import searched_files, variable
from jobs_source.configuration.orgs import configured_orgs
from jobs_source.configuration.words import nearest
from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import AnyCredentials

Flow = type[AnyCredentials]
Keys = Mapping[str, Any]
_CHOICE: Final = "auth_flow"


def pick_flow(keys: Keys, section: str) -> Flow:
    """
    Return the login that all of *keys* belong to, or that `auth_flow` among them names.

    Raises:
        ConfigError: If there is none, or more than one; or if a key belongs to another login.
    """
    if _CHOICE in keys:
        return _chosen(keys, section)
    complete = complete_flows(keys)
    if not complete:
        raise _incomplete(max(FLOWS.values(), key=lambda flow: _fit(flow, keys)), keys, section)
    if len(complete) > 1:
        logins = " and ".join(f"{flow.flow} ({', '.join(_own(flow, keys))})" for flow in complete)
        raise ConfigError(
            f"[{section}] has the keys of several logins: {logins}. Remove those that are not needed, from the files"
            f' and from the environment, or choose a login, such as auth_flow = "{complete[-1].flow}".'
        )
    _refuse_foreign(complete[0], keys, section)
    return complete[0]


def complete_flows(keys: Collection[str]) -> list[Flow]:
    """List the logins whose keys are all there."""
    return [flow for flow in FLOWS.values() if not flow.lacking(keys)]


def _chosen(keys: Keys, section: str) -> Flow:
    name = str(keys[_CHOICE])
    if name not in FLOWS:
        raise ConfigError(
            f"auth_flow under [{section}] is {name!r}, which is not a login.{nearest(name, FLOWS, 0.6)} It can be"
            f" {', '.join(sorted(FLOWS))}."
        )
    if FLOWS[name].lacking(keys):
        raise _incomplete(FLOWS[name], keys, section)
    return FLOWS[name]


def _own(flow: Flow, keys: Collection[str]) -> list[str]:
    return [key for key in flow.get_resolvable_fields() if key in keys and key != _CHOICE]


def _fit(flow: Flow, keys: Keys) -> tuple[int, int, int]:
    lacking = len(flow.lacking(keys))
    return len(_own(flow, keys)), -lacking, len(flow.needs) - lacking


def _refuse_foreign(flow: Flow, keys: Keys, section: str) -> None:
    """Raises `ConfigError` if a key belongs to another login: it has no effect, and may be meant to."""
    fields = flow.get_resolvable_fields()
    if foreign := [key for key in keys if key not in fields]:
        unused = [key for key in fields if key not in keys and key != _CHOICE]
        hints = "".join(nearest(key, unused, 0.5) for key in foreign)
        raise ConfigError(
            f"The login {flow.flow} does not use {', '.join(foreign)}, set under [{section}].{hints} Remove what is"
            f' not used. Or, to keep that for another login, set auth_flow = "{flow.flow}".'
        )


def _incomplete(flow: Flow, keys: Keys, section: str) -> ConfigError:
    searched = searched_files("secrets.toml")
    if not keys:
        named = [org for org in configured_orgs() if org]
        others = f" There are some for {', '.join(named)}: use --org {named[0]} or --all-orgs." if named else ""
        return ConfigError(
            f"There are no Salesforce credentials under [{section}].{others}{name_look_alikes()} Add instance_url,"
            " client_id and client_secret, or the keys of another login, to that section of .dlt/secrets.toml, or as"
            f" variables {_variable(section, 'client_id')} and so on. Looked for {searched}."
            " `salesforce-jobs demo` needs none."
        )
    there = ", ".join(f'auth_flow = "{keys[key]}"' if key == _CHOICE else key for key in sorted(keys))
    return ConfigError(
        f"The Salesforce credentials are incomplete: {there} found, {', '.join(flow.lacking(keys))} missing for the"
        f" login {flow.flow}. Add what is missing under [{section}] in .dlt/secrets.toml, or as variables"
        f" {_variable(section, '...')}. Looked for {searched}."
    )


def _variable(section: str, key: str) -> str:
    return variable(tuple(section.split(".")), key)
