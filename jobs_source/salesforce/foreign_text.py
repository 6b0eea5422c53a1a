"""Makes words of others fit to be quoted: one line, short, and without a secret."""

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import quote_plus

_HIDDEN: Final = "[hidden]"
_LONGEST: Final = 300  # characters of a quotation
_COLOURS: Final = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07]*\x07)")
_SECRETS: Final = (
    re.compile(r"-----BEGIN[^-]*-----.*?(-----END[^-]*-----|$)", re.DOTALL),
    re.compile(r"\b00D\w*![^\s\"'<>]+"),  # an access token
    re.compile(r"\beyJ[\w-]+\.[\w-]+(\.[\w-]*)?"),  # a token in the form of a JWT, and an assertion
    re.compile(r"\b5Aep[^\s\"'<>]+"),  # a refresh token
    re.compile(r"\bforce://[^\s\"'<>]+"),  # the address that `sf` keeps of a login, with its refresh token
    re.compile(r"(?i)\bbearer\s+[^\s\"'<>]{12,}"),
    re.compile(
        r"(?i)\b(access_?token|refresh_?token|id_?token|client_?secret|assertion|password|sid)"
        r"[\"']?\s*[=:]\s*[\"']?[^\s\"'&<>,;]+"
    ),
)


def quotable(text: str, secrets: Collection[str] = ()) -> str:
    """Return *text* on one line, cut short, without colours, without *secrets* and without what looks like one."""
    text = hide_secrets(without_colours(text), secrets)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}..."


def hide_secrets(text: str, secrets: Collection[str] = ()) -> str:
    """Replace *secrets*, and what has the form of a token or a key."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in (secret, quote_plus(secret)):
            text = text.replace(form, _HIDDEN) if form.strip() else text
    for pattern in _SECRETS:
        text = pattern.sub(_HIDDEN, text)
    return text


def without_colours(text: str) -> str:
    """Remove what colours and moves text on a terminal."""
    return _COLOURS.sub("", text)
