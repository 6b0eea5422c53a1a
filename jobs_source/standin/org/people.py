"""The records that every org has from the start: its users and itself."""

from typing import Any

from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.seed import User

_LOCALE = {"TimeZoneSidKey": "Europe/Berlin", "LanguageLocaleKey": "en_US"}


def user_record(user: User) -> dict[str, Any]:
    """Return a user as a record. The profile is a related record; some users of Salesforce's own have none."""
    first, _, last = user.name.rpartition(" ")
    return {
        "Id": user.id,
        "Name": user.name,
        "FirstName": first or None,
        "LastName": last,
        "Username": user.username,
        "Email": user.username,
        "Alias": user.username[:8],
        "IsActive": user.is_active,
        "UserType": "Standard",
        "ProfileId": _profile_id(user.profile) if user.profile else None,
        "Profile": {"Id": _profile_id(user.profile), "Name": user.profile} if user.profile else None,
        **_LOCALE,
    }


def _profile_id(name: str) -> str:
    return make_id("00e", make_random("profile", name).randrange(62**5))


def organization_record(org_id: str) -> dict[str, Any]:
    """Return the org itself as a record. A production org has no day on which its trial ends, and no namespace."""
    return {
        "Id": org_id,
        "Name": "Stand-in",
        "OrganizationType": "Enterprise Edition",
        "IsSandbox": False,
        "InstanceName": "LOOP1",
        "TrialExpirationDate": None,
        "NamespacePrefix": None,
        **_LOCALE,
    }
