"""What Salesforce says at a login, in its code or in its text, and what to do then."""

import re
from typing import Final, Optional

_INSTALL: Final = "Let an admin of the org install the app: Setup, Connected Apps OAuth Usage."
_APPROVE: Final = "Let an admin of the org allow the app for this user: the app's policies, Permitted Users."
_CLIENT_ID: Final = "Check {section}.client_id."
_UNLOCK: Final = "Let an admin of the org unlock the user."
_ACTIVATE: Final = "The app's user is frozen or inactive. Let an admin of the org activate it, or choose another user."
_ORG_OFF: Final = "The org is closed, locked or suspended. Ask its admin, or Salesforce."
_ADDRESS: Final = (
    "The org accepts no login of this user from the address of this machine, or at this hour. Let an admin of the org"
    " change that in the user's profile, or relax the app's IP policy."
)
_AUTHORIZE_AGAIN: Final = "Authorize the app again, and configure the new refresh token."
_FLOW_OFF: Final = "Let an admin switch this login flow on in the OAuth settings of the app."
_API_OFF: Final = "Give the user the permission API Enabled, and check that the org's edition has the API."
OAUTH_ADVICE: Final = {
    "approved this consumer": _APPROVE,
    "app_blocked": "An admin has blocked the app in this org. Let an admin unblock it.",
    "blocked by admin": "An admin has blocked the app in this org. Let an admin unblock it.",
    "app is blocked": "An admin has blocked the app in this org. Let an admin unblock it.",
    "not installed": _INSTALL,
    "must be installed": _INSTALL,
    "app_not_found": _INSTALL,
    "approval_error": _INSTALL,
    "app_access": _APPROVE,
    "not admin approved": _APPROVE,
    "not approved": _APPROVE,
    "access_denied": _APPROVE,
    "external client app": "Check the policies of the app: Setup, External Client App Manager.",
    "audience is invalid": "Set {section}.login_url to https://login.salesforce.com, for a sandbox to"
    " https://test.salesforce.com.",
    "invalid assertion": "Check {section}.client_id and username, and that the app has the certificate of this key.",
    "expired authorization code": "Check the clock of this machine.",
    "request not supported on this domain": "Set {section}.instance_url to the org's My Domain,"
    " https://NAME.my.salesforce.com.",
    "ip restricted": _ADDRESS,
    "restricted ip": _ADDRESS,
    "login hours": _ADDRESS,
    "org locked": _ORG_OFF,
    "org is locked": _ORG_OFF,
    "organization is locked": _ORG_OFF,
    "organization locked": _ORG_OFF,
    " locked": _UNLOCK,
    "lockout": _UNLOCK,
    "inactive_user": _ACTIVATE,
    "user is frozen": _ACTIVATE,
    "inactive_org": _ORG_OFF,
    "inactive organization": _ORG_OFF,
    "expired access/refresh token": _AUTHORIZE_AGAIN,
    "refresh token expired": _AUTHORIZE_AGAIN,
    "invalid refresh token": _AUTHORIZE_AGAIN,
    "inactive refresh token": _AUTHORIZE_AGAIN,
    "no client credentials user": "Let an admin choose the run-as user in the app's client-credentials policy.",
    "unsupported_grant_type": _FLOW_OFF,
    "flow is not enabled": _FLOW_OFF,
    "invalid_scope": "Give the app the OAuth scope api, and for a refresh token refresh_token too.",
    "api_disabled": _API_OFF,
    "api is not enabled": _API_OFF,
    "invalid_client_id": _CLIENT_ID,
    "client identifier invalid": _CLIENT_ID,
    "invalid_client": "Check {section}.client_secret.",
    "invalid client credentials": "Check {section}.client_secret.",
}
"""Words of Salesforce, in its code or its text, in any case; the first that fit count. Advice with a full key name."""
LOGIN_RATE: Final = ("login rate",)
TOO_MANY: Final = ("rate exceeded", "rate limit", "too many")
_PASSING: Final = (
    "already being processed",
    "retry your request",
    "try again",
    "unavailable",
    "timed out",
    "timeout",
    "server error",
    "unexpected error",
    "unknown error",
    "unknown exception",
)


def find_advice(text: str) -> Optional[str]:
    """Return the advice for *text*, a code and words of Salesforce. It has the place {section} for the credentials."""
    return next((advice for words, advice in OAUTH_ADVICE.items() if has_words(text, (words,))), None)


def may_pass(text: str) -> bool:
    """Tell whether *text*, words about a login, is about something that passes by itself."""
    return find_advice(text) is None and has_words(text, TOO_MANY + _PASSING)


def has_words(text: str, phrases: tuple[str, ...]) -> bool:
    """Tell whether one of *phrases* is in *text*, however it is written: LoginRate, LOGIN_RATE, login rate."""
    plain = _plain(text)
    return any(_plain(phrase) in plain for phrase in phrases)


def _plain(text: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\s]+", " ", text)
    return spaced.lower()
