"""The records that every org has from the start: its users and itself."""

from typing import Any

from jobs_source.standin.org.seed import User

_LOCALE = {"TimeZoneSidKey": "Europe/Berlin", "LanguageLocaleKey": "en_US"}


def user_record(user: User) -> dict[str, Any]:
    """Return a user as a record."""
    first, _, last = user.name.rpartition(" ")
    return {
        "Id": user.id,
        "Name": user.name,
        "FirstName": first or None,
        "LastName": last,
        "Username": user.username,
        "Email": user.username,
        "Alias": user.username[:8],
        "IsActive": True,
        "UserType": "Standard",
        **_LOCALE,
    }


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
