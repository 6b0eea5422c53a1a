"""The private key of the JWT login, in the forms that people have it in."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import JwtCredentials
from jobs_source.salesforce.private_key import find_key, read_key_file
from jobs_source.standin.org.keys import make_private_key, public_key_of


@pytest.fixture(scope="module")
def pem() -> str:
    return make_private_key()


@pytest.fixture(scope="module")
def certificate(pem: str) -> x509.Certificate:
    key: Any = load_pem_private_key(pem.encode(), None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    start = datetime.datetime(2026, 1, 1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + datetime.timedelta(days=9))
    return builder.sign(key, hashes.SHA256())


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda pem: pem,
    "line breaks as two letters": lambda pem: pem.replace("\n", "\\n"),
    "Windows line breaks as letters": lambda pem: pem.replace("\n", "\\r\\n"),
    "Windows lines": lambda pem: pem.replace("\n", "\r\n"),
    "blanks before each line": lambda pem: "".join(f"    {line}\n" for line in pem.splitlines()),
    "blanks for line breaks": lambda pem: pem.replace("\n", " "),
    "all in one": lambda pem: pem.replace("\n", ""),
    "in quotes": lambda pem: f'"{pem}"',
    "a byte order mark": lambda pem: f"\ufeff{pem}",
    "continued lines of a shell": lambda pem: pem.replace("\n", "\\\n"),
    "attributes before it": lambda pem: f"Bag Attributes\n    friendlyName: Schlüssel\n{pem}",
    "its certificate before it": lambda pem: f"-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n{pem}",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_key(form: str, pem: str) -> None:
    """The same key is found in all of them."""
    assert find_key(FORMS[form](pem)) == find_key(pem)
    assert find_key(pem) == pem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings_of_a_key_file(encoding: str, pem: str, tmp_path: Path) -> None:
    """With what openssl writes before the key, whatever its bytes."""
    for text in (pem, f"Bag Attributes\n    friendlyName: Schlüssel\n{pem}"):
        (tmp_path / "server.key").write_bytes(text.encode(encoding))
        assert find_key(read_key_file(str(tmp_path / "server.key"), "private_key_path")) == pem


@pytest.fixture(scope="module")
def other_files(pem: str, certificate: x509.Certificate) -> dict[str, bytes]:
    """By what the error says of them."""
    key: Any = load_pem_private_key(pem.encode(), None)
    encryption = BestAvailableEncryption(b"password")
    return {
        "is an encrypted key; decrypt it with `openssl pkey -in OLD -out NEW`.": key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, encryption
        ),
        "is a key in the form of OpenSSH; turn a copy into PEM with `ssh-keygen -p -N '' -m PEM -f COPY`.": (
            key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        ),
        "is the public key; use the private key that belongs to it.": public_key_of(pem).encode(),
        "is a certificate, which belongs into the app in Salesforce; use the private key that belongs to it.": (
            certificate.public_bytes(Encoding.PEM)
        ),
        "is a certificate in DER form; use the private key that belongs to it.": certificate.public_bytes(Encoding.DER),
        "is a key in DER form; turn it into PEM with `openssl pkey -inform DER -in FILE -out KEY`.": key.private_bytes(
            Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
        ),
        "is a PKCS #12 file (.p12, .pfx); take the key out of it with `openssl pkcs12 -in FILE -nodes -nocerts -out"
        " KEY`.": pkcs12.serialize_key_and_certificates(b"app", key, certificate, None, encryption),
        "is a Java keystore; export the key with `keytool -importkeystore -deststoretype PKCS12`, then with `openssl"
        " pkcs12 -nodes`.": b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\1",
        "is something else.": b"\0\1\2\3",
    }


def test_what_a_file_is_instead(other_files: dict[str, bytes], tmp_path: Path) -> None:
    """The error says so, what to do, and where the path is configured."""
    for said, content in other_files.items():
        (tmp_path / "server.key").write_bytes(content)
        who = JwtCredentials(client_id="app", username="ann", private_key_path=str(tmp_path / "server.key"))
        who.section = "sources.jobs_source.prod.credentials"
        with pytest.raises(ConfigError) as caught:
            who.log_in(lambda url, make_form: make_form())
        assert str(caught.value) == (
            "The private key cannot be used: sources.jobs_source.prod.credentials.private_key_path must be an"
            f" unencrypted RSA key in PEM form, from -----BEGIN to -----END, but it {said}"
        )
