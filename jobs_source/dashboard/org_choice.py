"""Finds the org that an option names."""

from jobs_source.dashboard.database import Database
from jobs_source.exceptions import ConfigError
from jobs_source.ids import long_id


def find_org(database: Database, name: str, place: str) -> str:
    """
    Find the id of the org whose section or id is *name*. *place*: the dataset and its destination.

    Raises:
        ConfigError: If there is none, or if a section has had several orgs.
    """
    id_ = long_id(name) if len(name) == 15 else name
    orgs = database.ask("orgs", {"org_id": None})
    found = [org["org_id"] for org in orgs if org["org_id"] == id_ or org["org"] == name]
    if not found:
        raise ConfigError(f"--org: there is no run of {name} in {place}. `salesforce-jobs status` lists all orgs.")
    if len(found) > 1:
        raise ConfigError(
            f"--org: {name} has loaded several orgs into {place}. Give one of the ids {', '.join(found)}."
        )
    return str(found[0])
