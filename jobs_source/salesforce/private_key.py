"""Finds the private key of the JWT login in what a user gives, or says what was given instead."""

import re
from pathlib import Path
from typing import Any, Final, Optional

from jobs_source.exceptions import ConfigError

_KEY: Final = re.compile(r"-----BEGIN ((?:RSA )?PRIVATE KEY)-----([\sA-Za-z0-9+/=]+)-----END \1-----")
_OTHERS: Final = {
    r"-----BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,\s*ENCRYPTED": "an encrypted key; decrypt it with"
    " `openssl pkey -in OLD -out NEW`",
    "-----BEGIN OPENSSH PRIVATE KEY": "a key in the form of OpenSSH; turn a copy into PEM with"
    " `ssh-keygen -p -N '' -m PEM -f COPY`",
    "-----BEGIN EC |-----BEGIN DSA ": "a key that is not RSA; make an RSA key and a certificate for it",
    "-----BEGIN (RSA )?PUBLIC KEY|^ssh-rsa ": "the public key; use the private key that belongs to it",
    "-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----": "a certificate, which belongs into the app in Salesforce; use the"
    " private key that belongs to it",
    "-----BEGIN (NEW )?CERTIFICATE REQUEST": "a request for a certificate; use the private key that it was made with",
    "PuTTY-User-Key-File": "a key in the form of PuTTY; export it from PuTTYgen as an OpenSSH key in PEM form",
    "-----BEGIN (RSA )?PRIVATE KEY-----(?!.*-----END)": "a key that is cut off: the line -----END is missing",
    "^\xfe\xed\xfe\xed|^\xce\xce\xce\xce": "a Java keystore; export the key with `keytool -importkeystore"
    " -deststoretype PKCS12`, then with `openssl pkcs12 -nodes`",
    "^0[\x80-\x84].{0,4}\x02\x01\x03": "a PKCS #12 file (.p12, .pfx); take the key out of it with"
    " `openssl pkcs12 -in FILE -nodes -nocerts -out KEY`",
    "^0[\x80-\x84].{0,4}\x02\x01\x00": "a key in DER form; turn it into PEM with"
    " `openssl pkey -inform DER -in FILE -out KEY`",
    "^0[\x80-\x84].{0,4}0": "a certificate in DER form; use the private key that belongs to it",
}


def read_key_file(path: str, where: str) -> str:
    """
    Read the file at *path*, which is configured at *where*.

    The key in it is ASCII. Anything may stand around it: a byte order mark, the attributes that openssl writes.

    Raises:
        ConfigError: If it cannot be read.
    """
    file = Path(path)
    try:
        file = file.expanduser()
        content = file.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:
        named = path if isinstance(error, RuntimeError) else file.absolute()  # no home folder is known
        if "-----" in path:
            named = "it holds the key itself, which belongs into private_key"
        raise ConfigError(
            f"The private key file cannot be read ({error.__class__.__name__}): {named}; check {where}."
        ) from None
    is_utf_16 = b"-\0-\0-" in content
    return (content.replace(b"\0", b"") if is_utf_16 else content).decode("latin-1")


def find_key(text: str) -> Optional[str]:
    r"""Return the private key in *text* as PEM, whatever its lines look like: one line, \n as two letters, blanks."""
    found = _KEY.search(re.sub(r"\\r|\\n|\\", "\n", text))
    if not found:
        return None
    body = "".join(found[2].split())
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {found[1]}-----", *lines, f"-----END {found[1]}-----", ""])


def name_kind(text: str) -> str:
    """Say what *text*, which has no private key that we can use, is instead; empty if nobody knows."""
    return next((kind for words, kind in _OTHERS.items() if re.search(words, text, re.DOTALL)), "")


def sign(claims: dict[str, Any], text: str, where: str) -> str:
    """
    Return *claims* as a JWT, signed with the private key in *text*, which comes from *where*.

    Raises:
        ConfigError: If there is no key that can be used.
    """
    import jwt  # imported here: it loads cryptography, and most runs need neither

    key = find_key(text)
    try:
        return jwt.encode(claims, key or "", algorithm="RS256")
    except Exception:  # from three libraries; not chained, because it may quote the key
        kind = "is damaged or not RSA" if key else f"is {name_kind(text) or 'something else'}"
        raise ConfigError(
            f"The private key cannot be used: {where} must be an unencrypted RSA key in PEM form, from -----BEGIN"
            f" to -----END, but it {kind}."
        ) from None
