"""Cleans what people paste as a value, and finds values that nobody has filled in."""

import re
from typing import Final

_AROUND: Final = "".join(map(chr, range(0x21))) + "\xa0\u200b\u200c\u200d\u2060\ufeff"  # blanks, also those of no width
_QUOTES: Final = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "\u2018": "\u2019", "«": "»"}
_MACHINE_MADE: Final = (
    "access_token",
    "client_id",
    "client_secret",
    "refresh_token",
)  # no blanks, no words
_ADDRESSES: Final = ("instance_url", "login_url")
_BLANK: Final = re.compile(
    r"<.*>|\{[^{}]*\}|\[\w+\]|\$\{?\w+\}?|\{\{.*\}\}|%\w+%"
    r"|.*(\.\.\.|…).*|x{3,}|\*{3,}|change[-_ ]?me|replace[-_ ]?me|to[-_ ]?do|tbd"
    r"|placeholder|none|null|undefined",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(
    r"(your|my|the|enter|insert|paste|put|add)[-_ ].*|your\w*"
    r"|(consumer|connected app|client|access|refresh)[-_ ]?(key|secret|id|token)",
    re.IGNORECASE,
)
_HOST: Final = re.compile(
    r"(https?://)?(NAME|(?i:(your|my)[-_]?(org|company|instance|(org[-_]?)?domain([-_]?name)?|name)))(--\w+)?"
    r"(\.\w+)*\.(salesforce|force)\.com(/.*)?|.*<.*>.*"
)


def clean(text: str) -> str:
    r"""Remove what is around a value and never part of it: blanks, line breaks, also as \n, BOM, quotes."""
    before = None
    while before != text:
        before, text = text, text.strip(_AROUND).removesuffix("\\n").removesuffix("\\r")
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
            text = text[1:-1]
    return text


def find_flaw(key: str, value: str) -> str:
    """Say why *value* cannot be one of *key*, without quoting it; empty if it can."""
    if _BLANK.fullmatch(value) or (key in _MACHINE_MADE and _WORDS.fullmatch(value)):
        return "still holds a placeholder"
    if key in _ADDRESSES:
        return "still holds a placeholder" if _HOST.fullmatch(value) else ""
    if key in _MACHINE_MADE and (value[0] in _QUOTES or value[-1] in _QUOTES.values()):
        return "has a quotation mark at one end"
    if key in _MACHINE_MADE and not re.fullmatch("[!-~]+", value):
        return "has a blank, a line break or a letter that cannot be in it"
    is_pem = key.startswith("private_key") and (key == "private_key" or "-----" in value)
    if not is_pem and re.search(r"[\x00-\x1f\x7f]", value):
        return "has a line break in it"
    return ""
