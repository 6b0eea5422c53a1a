"""Salesforce's record ids, which have 15 or 18 characters."""

import re

_SUFFIX_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def long_id(id_: str) -> str:
    """Return the 18-character form of an id: the last 3 are a checksum of which letters are capitals."""
    if len(id_) == 18:
        return id_
    blocks = (id_[start : start + 5] for start in (0, 5, 10))
    bits = (sum(char.isupper() << place for place, char in enumerate(block)) for block in blocks)
    return id_ + "".join(_SUFFIX_ALPHABET[value] for value in bits)


def has_typo(id_: str) -> bool:
    """Tell whether the checksum of an 18-character id does not fit, as after a change of capitals."""
    return id_ != long_id(id_[:15])[: len(id_)]


def is_org_id(text: str) -> bool:
    """Tell whether *text* is the id of an org, in either form."""
    return re.fullmatch(r"00D(\w{12}|\w{15})", text, re.ASCII) is not None


def is_user_id(text: str) -> bool:
    """Tell whether *text* is the id of a user, in either form."""
    return re.fullmatch(r"005([0-9A-Za-z]{12}|[0-9A-Za-z]{15})", text) is not None


def can_be_user(text: str) -> bool:
    """Tell whether a user may have this id: it has the form of one, and its checksum fits."""
    return is_user_id(text) and not has_typo(text)
