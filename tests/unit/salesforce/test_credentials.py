"""Each login flow over real HTTP, how dlt's configuration picks one, and that no text shows a secret."""

import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from unittest.mock import patch

import dlt
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from jobs_source import options, salesforce_jobs, source
from jobs_source.exceptions import ConfigError, LoginError
from jobs_source.ids import long_id
from jobs_source.salesforce import credentials
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.credentials import (
    ClientCredentials,
    JwtCredentials,
    MakeForm,
    RefreshTokenCredentials,
    SalesforceCredentials,
    SfCliCredentials,
    TokenCredentials,
)
from jobs_source.salesforce.org_check import check_org
from jobs_source.salesforce.session import Session, make_session
from jobs_source.salesforce.urls import audience, base_url
from jobs_source.standin import StandIn
from jobs_source.standin.org.ids import to_18
from jobs_source.standin.org.keys import make_private_key, public_key_of
from tests.clients import INGEST, make_client
from tests.unit.salesforce.sf_program import SfProgram, described, display, show, succeeded

SECTION = "sources.jobs_source.credentials"
FLOWS = ["client_credentials", "jwt", "refresh_token", "sf_cli", "token"]
CANNOT_SIGN = (
    f"The private key cannot be used: {SECTION}.private_key must be an unencrypted RSA key in PEM form, from"
    " -----BEGIN to -----END, but it"
)
PKCS8 = (Encoding.PEM, PrivateFormat.PKCS8)


@pytest.fixture(scope="module")
def private_key() -> str:
    return make_private_key()


@pytest.fixture
def org(standin: StandIn, private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """A stand-in that each flow has an account on."""
    standin.org.private_key_pem = private_key
    token = standin.org.issue_token()
    SfProgram(
        tmp_path, monkeypatch, {display("acme"): described(standin.org), show("acme"): succeeded(accessToken=token)}
    )
    return standin


def keys_of(flow: str, standin: StandIn) -> dict[str, str]:
    """What a user configures for *flow*."""
    org, url = standin.org, standin.url
    return {
        "client_credentials": {"instance_url": url, "client_id": org.client_id, "client_secret": org.client_secret},
        "jwt": {
            "login_url": url,
            "client_id": org.client_id,
            "username": org.username,
            "private_key": org.private_key_pem,
        },
        "refresh_token": {"login_url": url, "client_id": org.client_id, "refresh_token": org.refresh_token},
        "sf_cli": {"sf_cli_org": "acme"},
        "token": {"instance_url": url, "access_token": org.issue_token()},
    }[flow]


def make(flow: str, standin: StandIn, **changes: str) -> SalesforceCredentials:
    specs: dict[str, Callable[..., SalesforceCredentials]] = {
        "client_credentials": ClientCredentials,
        "jwt": JwtCredentials,
        "refresh_token": RefreshTokenCredentials,
        "sf_cli": SfCliCredentials,
        "token": TokenCredentials,
    }
    return specs[flow](**{**keys_of(flow, standin), **changes})


def put(monkeypatch: pytest.MonkeyPatch, keys: dict[str, str], section: str = "") -> None:
    """Put keys of the credentials into the environment."""
    for key, value in keys.items():
        monkeypatch.setenv(f"SOURCES__JOBS_SOURCE__{section}CREDENTIALS__{key.upper()}", value)


def log_in(build: Callable[..., Any] = salesforce_jobs, **arguments: Any) -> dict[str, Any]:
    """The flow and session of the client in a source that is built as users build it."""
    clients = []

    def make_and_keep(*values: Any) -> Client:
        clients.append(options.make_client(*values))
        return clients[0]

    with patch.object(source, "make_client", make_and_keep):
        build(**arguments)
    check = next(check_org(clients[0], [INGEST], 90))._asdict()
    check.pop("org_id")
    return check


def logged_in(flow: str, standin: StandIn) -> dict[str, Any]:
    return {"name": "login", "exit_code": 0, "text": f"{flow} at {standin.url}, org {standin.org.org_id}"}


def refusal(standin: StandIn, who: SalesforceCredentials) -> str:
    """The words of a login that is refused."""
    with pytest.raises((LoginError, ConfigError)) as caught:
        _ = make_client(standin, who).session
    return str(caught.value)


# The flows


@pytest.mark.parametrize("flow", FLOWS)
def test_flow(flow: str, org: StandIn) -> None:
    """Each flow opens a session of the integration user at the org's own address, once."""
    client = make_client(org, make(flow, org))
    assert org.requests == []
    login = client.session
    assert login == Session(login.access_token, org.url, org.org.org_id) == client.session
    assert org.org.tokens.check(login.access_token) == org.org.users[0].id
    asked = [(request.method, request.path, request.query) for request in org.requests]
    assert asked == ([] if flow in ("sf_cli", "token") else [("POST", "/services/oauth2/token", {})])


@pytest.mark.parametrize("flow", ["client_credentials", "jwt", "refresh_token"])
def test_renewal(flow: str, org: StandIn) -> None:
    """A flow that asks a token endpoint gets a new session when the old one is over."""
    client = make_client(org, make(flow, org))
    first = client.session
    org.org.expire_tokens()
    client.renew(first)
    assert client.session.access_token != first.access_token
    assert client.get("/services/data/v64.0/limits", {}).status_code == 200


def test_ready_token_has_no_renewal(org: StandIn) -> None:
    """A ready token that is refused ends the run, and the error says what to do."""
    client = make_client(org, make("token", org))
    with pytest.raises(LoginError, match=rf"Set a new access_token in {SECTION}\."):
        client.renew(client.session)


@pytest.mark.parametrize(
    ("flow", "changes", "reason"),
    [
        (
            "client_credentials",
            {"client_secret": "wrong"},
            "invalid_client: invalid client credentials). Check sources.jobs_source.credentials.client_secret.",
        ),
        (
            "client_credentials",
            {"client_id": "wrong"},
            "invalid_client_id: client identifier invalid). Check sources.jobs_source.credentials.client_id.",
        ),
        ("jwt", {"username": "nobody@acme.com"}, "invalid_grant: user hasn't approved this consumer). Let an admin"),
        ("jwt", {"client_id": "wrong"}, f"invalid_grant: client identifier invalid). Check {SECTION}.client_id."),
        ("refresh_token", {"refresh_token": "5Aep"}, "invalid_grant: expired access/refresh token). Authorize the app"),
        ("refresh_token", {"client_secret": "wrong"}, "invalid_client: invalid client credentials). Check sources"),
    ],
)
def test_refusal(flow: str, changes: dict[str, str], reason: str, org: StandIn) -> None:
    """A refused login passes on Salesforce's words and says what to check."""
    said = refusal(org, make(flow, org, **changes))
    assert said.startswith(f"Salesforce refused the login at {org.url.partition('//')[2]} (400 {reason}")


def test_client_secret_of_a_refresh(org: StandIn) -> None:
    """An app that requires its secret at a refresh gets it; if it is missing, the error says so."""
    org.org.require_client_secret = True
    assert "invalid_client" in refusal(org, make("refresh_token", org))
    login = make_client(org, make("refresh_token", org, client_secret=org.org.client_secret)).session
    assert login == Session(login.access_token, org.url, org.org.org_id)


# JWT bearer


def test_assertion(private_key: str) -> None:
    """The assertion names app, user and login host, is signed with RS256, and lives for three minutes."""
    who = JwtCredentials(client_id="3MVG9app", username="ann@acme.com", private_key=private_key)
    before = int(time.time())
    assertion = who._make_assertion()
    public, host = public_key_of(private_key), "https://login.salesforce.com"
    claims = jwt.decode(assertion, public, algorithms=["RS256"], audience=host)
    assert before + 180 <= claims.pop("exp") <= int(time.time()) + 180
    assert claims == {"iss": "3MVG9app", "sub": "ann@acme.com", "aud": host}


def test_wrong_key(org: StandIn) -> None:
    """Salesforce refuses a key that does not belong to the app."""
    said = refusal(org, make("jwt", org, private_key=make_private_key()))
    assert "(400 invalid_grant: invalid assertion)" in said


def test_wrong_audience(org: StandIn) -> None:
    """If the org refuses the login host, the error names the valid hosts."""
    said = refusal(org, make("jwt", org, login_url=org.url.replace("127.0.0.1", "localhost")))
    hosts = "https://login.salesforce.com, for a sandbox to https://test.salesforce.com"
    assert said.endswith(f"(400 invalid_grant: audience is invalid). Set {SECTION}.login_url to {hosts}.")


def test_wrong_clock(org: StandIn) -> None:
    """If the assertion has expired by Salesforce's clock, the error names the machine's clock."""
    org.org.jwt_clock = lambda: time.time() + 3600
    assert refusal(org, make("jwt", org)).endswith("expired authorization code). Check the clock of this machine.")


@pytest.mark.parametrize(
    ("login_url", "host"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("Login.Salesforce.com/", "https://login.salesforce.com"),
        ("https://test.salesforce.com/services/oauth2", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--full.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://ACME--full.my.salesforce.com", "https://test.salesforce.com"),
        ("https://ability-fun-1.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme.my.site.com/customers", "https://acme.my.site.com"),
    ],
)
def test_audience(login_url: str, host: str) -> None:
    """The audience is Salesforce's login or test host, also if the login goes to a My Domain."""
    assert audience(login_url, f"{SECTION}.login_url") == host


def forms_of_key(key: str) -> dict[str, str]:
    traditional = load_pem_private_key(key.encode(), None).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return {
        "as it is": key,
        "one line with \\n, as from an environment variable": key.replace("\n", "\\n"),
        "Windows lines": key.replace("\n", "\r\n"),
        "blank around it": f"\n  {key}\n\n",
        "RSA PRIVATE KEY": traditional.decode(),
    }


def test_forms_of_key(private_key: str) -> None:
    """A key signs with any form of line breaks, from the configuration or from a file."""
    public = public_key_of(private_key)
    for form in forms_of_key(private_key).values():
        who = JwtCredentials(client_id="app", username="ann", private_key=form)
        assert (
            jwt.decode(who._make_assertion(), public, ["RS256"], audience="https://login.salesforce.com")["sub"]
            == "ann"
        )


def test_key_from_a_file(org: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key may stand in a file, also below the home folder."""
    (tmp_path / "server.key").write_text(org.org.private_key_pem)
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (str(tmp_path / "server.key"), "~/server.key"):
        login = make_client(org, make("jwt", org, private_key="", private_key_path=path)).session
        assert login == Session(login.access_token, org.url, org.org.org_id)


def keys_that_cannot_sign(key: str) -> dict[str, str]:
    """By what the error says of them."""
    rsa, encryption = load_pem_private_key(key.encode(), None), BestAvailableEncryption(b"password")
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(*PKCS8, NoEncryption())
    encrypted = "is an encrypted key; decrypt it with `openssl pkey -in OLD -out NEW`."
    return {
        encrypted: rsa.private_bytes(*PKCS8, encryption).decode(),
        f"{encrypted} ": rsa.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, encryption).decode(),
        "is damaged or not RSA.": elliptic.decode(),
        "is the public key; use the private key that belongs to it.": public_key_of(key),
        "is a key that is cut off: the line -----END is missing.": key[:900],
        "is damaged or not RSA. ": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n",
        "is something else.": "secretsecretsecret",
        "is a key that is cut off: the line -----END is missing. ": "geheimnisö\0" + key[:100],
    }


def test_keys_that_cannot_sign(org: StandIn) -> None:
    """For any other key the error says what it is, no error quotes the key, and nothing is sent."""
    for said, key in keys_that_cannot_sign(org.org.private_key_pem).items():
        with pytest.raises(ConfigError) as caught:
            _ = make_client(org, make("jwt", org, private_key=key)).session
        assert str(caught.value) == f"{CANNOT_SIGN} {said.strip()}"
        shown = "".join(traceback.format_exception(caught.value))
        assert [line for line in key.splitlines() if len(line) > 30 and "-----" not in line and line in shown] == []
    assert org.requests == []


def test_key_file_that_cannot_be_read(tmp_path: Path) -> None:
    """For a missing file or a folder, the error names the path and its configuration key."""
    for path, error in (
        (f"{tmp_path}/nothing", "FileNotFoundError"),
        (f"{tmp_path}", "IsADirectoryError"),
        ("~nobody-here/key", "RuntimeError"),
        ("nul\0", "ValueError"),
        ("nothing.pem", "FileNotFoundError"),
    ):
        who = JwtCredentials(client_id="app", username="ann", private_key_path=path)
        with pytest.raises(ConfigError) as caught:
            who._make_assertion()
        where = path if path.startswith("~") else Path(path).absolute()
        said = f"The private key file cannot be read ({error}): {where}; check {SECTION}.private_key_path."
        assert str(caught.value) == said


def test_key_in_place_of_its_path(private_key: str) -> None:
    """If the key itself is given as the path, the error does not quote it."""
    who = JwtCredentials(client_id="app", username="ann", private_key_path=private_key)
    with pytest.raises(ConfigError) as caught:
        who.resolve()._make_assertion()
    assert "it holds the key itself, which belongs into private_key; check" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value))
    assert [line for line in private_key.splitlines() if line in shown] == []


# dlt's configuration


@pytest.mark.parametrize("flow", FLOWS)
def test_flow_from_the_environment(flow: str, org: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of one flow in the environment are enough to log in with it."""
    put(monkeypatch, {key: value.replace("\n", "\\n") for key, value in keys_of(flow, org).items()})
    assert log_in() == logged_in(flow, org)


@pytest.mark.parametrize("flow", FLOWS)
def test_flow_from_secrets_toml(flow: str, org: StandIn, workplace: Path) -> None:
    """The keys of one flow in .dlt/secrets.toml are enough to log in with it."""
    write_secrets(workplace, f"[{SECTION}]", keys_of(flow, org))
    assert log_in() == logged_in(flow, org)


def write_secrets(workplace: Path, section: str, keys: dict[str, str]) -> None:
    lines = [section, *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    (workplace / ".dlt" / "secrets.toml").write_text("\n".join(lines))
    dlt.current.run_context().reload()


@pytest.mark.parametrize("flow", FLOWS)
def test_flow_from_an_object(flow: str, org: StandIn) -> None:
    """Credentials may be passed as an object or as a dictionary of keys."""
    assert log_in(credentials=make(flow, org)) == logged_in(flow, org)
    assert log_in(credentials=keys_of(flow, org)) == logged_in(flow, org)


@pytest.mark.parametrize("flow", FLOWS)
def test_auth_flow_picks_among_several(flow: str, org: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the keys of all flows are present, auth_flow picks one."""
    for several in FLOWS:
        put(monkeypatch, {key: value.replace("\n", "\\n") for key, value in keys_of(several, org).items()})
    put(monkeypatch, {"auth_flow": flow})
    assert log_in() == logged_in(flow, org)


def test_several_flows(org: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without auth_flow, keys of several flows are refused: one of them might lead to another org."""
    put(monkeypatch, {**keys_of("client_credentials", org), **keys_of("token", org)})
    with pytest.raises(ConfigError) as caught:
        salesforce_jobs()
    assert str(caught.value) == (
        f"[{SECTION}] has the keys of several logins: token (instance_url, access_token) and client_credentials"
        " (instance_url, client_id, client_secret). Remove those that are not needed, from the files and from the"
        ' environment, or choose a login, such as auth_flow = "client_credentials".'
    )
    assert org.requests == []


def test_login_url_is_production_by_default(org: StandIn) -> None:
    """Refresh tokens and assertions go to the production login host unless another one is named."""
    for flow in ("refresh_token", "jwt"):
        keys = {key: value for key, value in keys_of(flow, org).items() if key != "login_url"}
        asked: list[str] = []
        who = JwtCredentials(**keys) if flow == "jwt" else RefreshTokenCredentials(**keys)

        def post(url: str, make_form: MakeForm, asked: list[str] = asked) -> dict[str, str]:
            asked.append(url)
            return {"access_token": f"{org.org.org_id[:15]}!x", "instance_url": org.url}

        assert who.log_in(post) == Session(f"{org.org.org_id[:15]}!x", org.url, org.org.org_id)
        assert asked == ["https://login.salesforce.com/services/oauth2/token"]


def test_named_org(org: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A named org has its own section, and dlt takes missing keys from the common one."""
    with StandIn(seed=2) as other:
        put(monkeypatch, keys_of("client_credentials", org))
        put(monkeypatch, keys_of("client_credentials", other), section="PROD__")
        assert log_in() == logged_in("client_credentials", org)
        assert log_in(salesforce_jobs.clone(name="prod")) == logged_in("client_credentials", other)
        assert log_in(salesforce_jobs.clone(name="test")) == logged_in("client_credentials", org)
        assert other.org.org_id != org.org.org_id


def test_named_org_from_secrets_toml(org: StandIn, workplace: Path) -> None:
    """A second section of .dlt/secrets.toml is a second org."""
    write_secrets(workplace, "[sources.jobs_source.prod.credentials]", keys_of("jwt", org))
    assert log_in(salesforce_jobs.clone(name="prod")) == logged_in("jwt", org)
    with pytest.raises(ConfigError, match=r"There are some for prod: use --org prod or --all-orgs\."):
        salesforce_jobs()


@pytest.mark.parametrize("flow", FLOWS)
def test_credentials_know_their_section(flow: str, org: StandIn) -> None:
    """Messages name it. It is no key of the configuration, and the default org's if nothing else is said."""
    who = make(flow, org)
    keys = dict(who)
    assert who.section == SECTION
    who.section = "sources.jobs_source.prod.credentials"
    assert (who.section, dict(who)) == ("sources.jobs_source.prod.credentials", keys)
    assert "section" not in who.get_resolvable_fields()


# Which org it is


@pytest.mark.parametrize(
    ("omits_identity", "is_opaque", "asks_userinfo"),
    [(False, False, False), (False, True, False), (True, False, False), (True, True, True)],
)
@pytest.mark.parametrize("flow", ["client_credentials", "jwt", "refresh_token"])
def test_org_of_a_reply(flow: str, omits_identity: bool, is_opaque: bool, asks_userinfo: bool, org: StandIn) -> None:
    """The org's id is in the reply's identity, or else in the token. Only without both there is one more call."""
    org.org.omit_identity, org.org.opaque_tokens = omits_identity, is_opaque
    login = make_client(org, make(flow, org)).session
    assert login == Session(login.access_token, org.url, org.org.org_id)
    asked = [request.path for request in org.requests]
    assert asked == ["/services/oauth2/token", *["/services/oauth2/userinfo"] * asks_userinfo]


def test_org_of_a_ready_token(org: StandIn) -> None:
    """The first 15 characters of a ready token are the org's id. For an opaque token, userinfo is asked."""
    assert make_client(org, make("token", org)).session.org_id == org.org.org_id
    assert org.requests == []
    org.org.opaque_tokens = True
    assert make_client(org, make("token", org)).session.org_id == org.org.org_id
    assert [request.path for request in org.requests] == ["/services/oauth2/userinfo"]


@pytest.mark.parametrize(
    ("identity", "token", "org_id"),
    [
        ("https://login.salesforce.com/id/00D500000006pwfEAA/005x", "00DA!x", "00D500000006pwfEAA"),
        ("https://login.salesforce.com/id/00D500000006pwf/005x", "x", "00D500000006pwfEAA"),
        ("https://acme.my.salesforce.com/id/00D500000006pwfEAA/005x", "x", "00D500000006pwfEAA"),
        (None, "00D500000006pwf!AQ.x_y", "00D500000006pwfEAA"),
        ("/id/None/", "00D500000006pwf!AQ", "00D500000006pwfEAA"),
        (7, "00D500000006pwf!AQ", "00D500000006pwfEAA"),
        (None, "00D500000006pwfEAA!AQ", "00D500000006pwfEAA"),
        (None, "eyJhbGciOi.J9", ""),
        (None, "00D50000!AQ", ""),
        ("https://login.salesforce.com/id/005x/00D500000006pwfEAA", "x", ""),
    ],
)
def test_org_id(identity: Any, token: str, org_id: str) -> None:
    """An id of 15 characters becomes one of 18. Other text is not an id."""
    reply = {"access_token": token, "instance_url": "https://acme.my.salesforce.com/", "id": identity}
    assert make_session(reply, SECTION) == Session(token, "https://acme.my.salesforce.com", org_id)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("00D500000006pwf", "00D500000006pwfEAA"),
        ("00DRm00009EeSOj", "00DRm00009EeSOjMAN"),
        ("001AAAAABBBBBCC", "001AAAAABBBBBCCY55"),
        ("000000000000000", "000000000000000AAA"),
        ("ZZZZZZZZZZZZZZZ", "ZZZZZZZZZZZZZZZ555"),
    ],
)
def test_long_id(short: str, long: str) -> None:
    """The last three characters are a checksum of the capitals. An id of 18 characters stays unchanged."""
    assert long_id(short) == long_id(long) == to_18(short) == long


# Odd replies and addresses


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"access_token": "00D!x"},
        {"instance_url": "https://acme.my.salesforce.com"},
        {"access_token": None, "instance_url": "https://acme.my.salesforce.com"},
        {"access_token": "", "instance_url": "https://acme.my.salesforce.com"},
        {"access_token": ["00D!x"], "instance_url": "https://acme.my.salesforce.com"},
        {"access_token": "00D!x", "instance_url": None},
        {"access_token": "00D!x", "instance_url": 7},
    ],
)
def test_reply_that_is_no_session(reply: dict[str, Any]) -> None:
    """A reply without a token or an address is a failed login, and the error does not quote it."""
    with pytest.raises(LoginError) as caught:
        make_session(reply, SECTION)
    said = (
        "Salesforce's answer to the login has no access_token or no instance_url. Check that the app has the scope api."
        f" The login is that of {SECTION}."
    )
    assert str(caught.value) == said


@pytest.mark.parametrize("token", ["00D!x y", "00D!x\ny", "Bearer 00D!x", "[REDACTED] Use 'sf org'", "00D!é", " \n"])
def test_token_that_is_none(token: str, org: StandIn) -> None:
    """A token with impossible characters is refused before it is sent, and the error does not quote it."""
    who = TokenCredentials(instance_url=org.url, access_token=token)
    with pytest.raises(LoginError) as caught:
        _ = make_client(org, who).session
    said = f"The access token has characters that no token has, such as spaces. Check {SECTION}, from which it comes."
    assert (str(caught.value), org.requests) == (said, [])


def test_token_with_blanks_around_it(org: StandIn) -> None:
    """The line break at the end of a token that was read from a file is not part of it."""
    token = org.org.issue_token()
    client = make_client(org, TokenCredentials(instance_url=f" {org.url}/ ", access_token=f" {token}\n"))
    assert client.session == Session(token, org.url, org.org.org_id)
    assert client.get("/services/data/v64.0/limits", {}).status_code == 200


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        (" https://Acme.My.Salesforce.com/services/data?x=1#y ", "https://acme.my.salesforce.com"),
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("HTTPS://acme.my.salesforce.com:8443/", "https://acme.my.salesforce.com:8443"),
        ("acme.my.salesforce.com:443", "https://acme.my.salesforce.com:443"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://localhost:8765/", "http://localhost:8765"),
        ("http://[::1]:8765", "http://[::1]:8765"),
    ],
)
def test_base_url(url: str, base: str) -> None:
    """An address is reduced to scheme, host and port. https is the default; http is for loopback only."""
    assert base_url(url, f"{SECTION}.instance_url") == base


NO_ADDRESS = "is not an address such as https://acme.my.salesforce.com."
NOT_HTTPS = "must begin with https://, so that the token is sent encrypted."


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", NO_ADDRESS),
        ("  ", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("https:///services", NO_ADDRESS),
        ("//acme.my.salesforce.com", NO_ADDRESS),
        ("https://user:pass@acme.my.salesforce.com", NO_ADDRESS),
        ("https://user@acme.my.salesforce.com", NO_ADDRESS),
        ("https://@acme.my.salesforce.com", NO_ADDRESS),
        ("user:pass@acme.my.salesforce.com", NO_ADDRESS),
        ("https://acme.my.salesforce.com\\@evil.example", NO_ADDRESS),
        ("https://acme my.salesforce.com", NO_ADDRESS),
        ("https://[::1", NO_ADDRESS),
        ("https://acme.my.salesforce.com:port", NO_ADDRESS),
        ("https://acme.my.salesforce.com:99999", NO_ADDRESS),
        ("https://acme.my.salesforce.com:0", NO_ADDRESS),
        ("http://acme.my.salesforce.com", NOT_HTTPS),
        ("http://localhost.evil.example", NOT_HTTPS),
        ("http://127.0.0.1.evil.example", NOT_HTTPS),
        ("http://128.0.0.1", NOT_HTTPS),
        ("http://0.0.0.0:8765", NOT_HTTPS),
        ("ftp://acme.my.salesforce.com", NOT_HTTPS),
    ],
)
def test_no_base_url(url: str, reason: str) -> None:
    """An address that is not usable or not safe is refused. The error has the key's full name, not the address."""
    with pytest.raises(ConfigError) as caught:
        base_url(url, f"{SECTION}.login_url")
    assert str(caught.value) == f"login_url {reason} Check {SECTION}.login_url."


@pytest.mark.parametrize("host", ["acme.lightning.force.com", "acme.my.salesforce-setup.com"])
def test_address_of_the_browser(host: str) -> None:
    """The address of the browser is not an API host, and the error says which one is."""
    with pytest.raises(ConfigError) as caught:
        base_url(f"https://{host}/one/one.app", f"{SECTION}.instance_url")
    said = f"instance_url is a browser address ({host}); use https://NAME.my.salesforce.com."
    assert str(caught.value) == f"{said} Check {SECTION}.instance_url."


@pytest.mark.parametrize("flow", ["client_credentials", "token", "jwt", "refresh_token"])
def test_address_is_checked_before_anything_is_sent(flow: str, org: StandIn) -> None:
    """No flow sends a secret or signs anything for an invalid address."""
    key = "instance_url" if flow in ("client_credentials", "token") else "login_url"
    said = refusal(org, make(flow, org, **{key: org.url.replace("127.0.0.1", "127.0.0.1.evil.example")}))
    assert said == f"{key} {NOT_HTTPS} Check {SECTION}.{key}."
    assert org.requests == []


# Secrets


@pytest.mark.parametrize("flow", FLOWS)
def test_no_text_of_credentials_shows_a_secret(flow: str, org: StandIn) -> None:
    """No text of credentials, a session or a client shows a secret."""
    who = make(flow, org)
    client = make_client(org, who)
    secrets = [str(value) for key, value in who.items() if key in ("client_secret", "private_key", "refresh_token")]
    secrets += [client.session.access_token]
    texts = [f"{thing!r} {thing!s} {thing}" for thing in (who, client, client.session, [who], {"x": client.session})]
    assert [secret for secret in secrets if any(secret in text for text in texts)] == []
    assert repr(client.session) == f"Session(instance_url='{org.url}', org_id='{org.org.org_id}')"


def test_no_refusal_shows_a_secret(org: StandIn) -> None:
    """If a login is refused, no error in the chain shows what was sent."""
    wrong = "a-wrong-secret-that-nobody-may-see"
    for flow, key in (
        ("client_credentials", "client_secret"),
        ("refresh_token", "refresh_token"),
        ("refresh_token", "client_secret"),
        ("token", "access_token"),
    ):
        client = make_client(org, make(flow, org, **{key: wrong}))
        with pytest.raises(LoginError) as caught:
            client.get("/services/data/v64.0/limits", {})
        assert wrong not in "".join(traceback.format_exception(caught.value))


def test_every_flow_is_in_the_union() -> None:
    """A user can configure these five flows."""
    assert [spec.flow for spec in get_args(credentials.AnyCredentials)] == [
        "sf_cli",
        "refresh_token",
        "jwt",
        "token",
        "client_credentials",
    ]
