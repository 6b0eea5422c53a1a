"""Values as people paste them: cleaned where that cannot be wrong, else named."""

from typing import Any

import pytest
from dlt.common.configuration.const import TYPE_EXAMPLES

from jobs_source.exceptions import ConfigError
from jobs_source.salesforce.credentials import ClientCredentials, JwtCredentials
from jobs_source.salesforce.pasted import clean, find_flaw

PLACEHOLDER = "still holds a placeholder"


@pytest.mark.parametrize(
    "text",
    [
        "3MVG9",
        " 3MVG9\t",
        "3MVG9\r\n",
        "\ufeff3MVG9",
        "\u200b3MVG9\xa0",
        '"3MVG9"',
        "'3MVG9'",
        "“3MVG9”",
        "„3MVG9“",
        "\u20183MVG9\u2019",
        "«3MVG9»",
        "\ufeff ' \"3MVG9\\n\" ' \n",
        "3MVG9\\r\\n",
    ],
)
def test_what_is_around_a_value_is_removed(text: str) -> None:
    """Blanks that are seen or not, line breaks, also written as two letters, a byte order mark, quotes in pairs."""
    assert clean(text) == "3MVG9"


@pytest.mark.parametrize("text", ["a b", "o'brien@acme.com", 'say "x" twice', "'", '"', ""])
def test_what_is_inside_a_value_stays(text: str) -> None:
    """It may be a part of it."""
    assert clean(text) == text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("instance_url", "https://<your-domain>.my.salesforce.com"),
        ("instance_url", "https://NAME.my.salesforce.com"),
        ("instance_url", "https://yourdomain.my.salesforce.com/"),
        ("instance_url", "MyDomainName.my.salesforce.com"),
        ("instance_url", "https://your-org--uat.sandbox.my.salesforce.com"),
        ("login_url", "..."),
        ("client_id", "consumer key"),
        ("client_id", "YOUR_CLIENT_ID"),
        ("client_id", "your-consumer-key"),
        ("client_secret", "consumer secret"),
        ("client_secret", "<your-secret>"),
        ("client_secret", "xxxxxxxx"),
        ("client_secret", "********"),
        ("client_secret", "<<secret>>"),
        ("client_secret", "{secret}"),
        ("client_secret", "[client_secret]"),
        ("client_secret", "None"),
        ("client_secret", "null"),
        ("client_secret", "changeme"),
        ("client_secret", "${SF_CLIENT_SECRET}"),
        ("client_secret", "$SF_CLIENT_SECRET"),
        ("client_secret", "{{ secrets.SF }}"),
        ("access_token", "00D...!..."),
        ("refresh_token", "5Aep..."),
        ("username", "<username>"),
        ("private_key", "-----BEGIN..."),
        ("sf_cli_org", TYPE_EXAMPLES["text"]),
    ],
)
def test_a_value_that_nobody_filled_in(key: str, value: str) -> None:
    """Of our example file, of dlt's, of Salesforce's pages, of a template."""
    assert find_flaw(key, value) == PLACEHOLDER


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("instance_url", "https://acme.my.salesforce.com"),
        ("instance_url", "https://acme--uat.sandbox.my.salesforce.com"),
        ("instance_url", "https://yourgrocer.my.salesforce.com"),
        ("instance_url", "https://name-tags.my.salesforce.com"),
        ("instance_url", "http://127.0.0.1:8765"),
        ("login_url", "https://test.salesforce.com"),
        ("client_id", "3MVG9A2kN3Bn17hsLE.xx_Xxx"),
        ("client_secret", "4711471147114711"),
        ("access_token", "00D5e000000Abcd!AQ8AQ.x_y.Z"),
        ("refresh_token", "5Aep861.TxXx"),
        ("username", "o'brien@acme.com.uat"),
        ("private_key_path", "/secure/my place/server.key"),
        ("sf_cli_org", "my-org"),
        ("private_key", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"),
    ],
)
def test_a_value_that_may_be_right(key: str, value: str) -> None:
    """It is left to Salesforce."""
    assert find_flaw(key, value) == ""


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("client_secret", "0123 4567", "has a blank, a line break or a letter that cannot be in it"),
        ("client_id", "3MVG9\n9A2k", "has a blank, a line break or a letter that cannot be in it"),
        ("refresh_token", "5Aep\u200b861", "has a blank, a line break or a letter that cannot be in it"),
        ("client_secret", '"0123', "has a quotation mark at one end"),
        ("access_token", "00D!x”", "has a quotation mark at one end"),
        ("username", "ann@acme.com\nbob@acme.com", "has a line break in it"),
        ("sf_cli_org", "a\tb", "has a line break in it"),
    ],
)
def test_a_value_that_cannot_be_right(key: str, value: str, said: str) -> None:
    """What is inside may not be removed by us."""
    assert find_flaw(key, value) == said


def test_credentials_clean_their_values() -> None:
    """When they are resolved."""
    who = ClientCredentials(instance_url=' "acme.my.salesforce.com"\n', client_id="\ufeff3MVG9", client_secret="'1'")
    who.resolve()
    assert who.as_dict_nondefault() == {
        "instance_url": "acme.my.salesforce.com",
        "client_id": "3MVG9",
        "client_secret": "1",
    }


@pytest.mark.parametrize("changes", [{"client_secret": "tooshort secret"}, {"client_id": "<client secret>"}])
def test_a_flaw_is_said_without_the_value(changes: dict[str, Any]) -> None:
    """With the section that it is in."""
    keys = {"instance_url": "https://acme.my.salesforce.com", "client_id": "3MVG9", "client_secret": "1"}
    who = ClientCredentials(**{**keys, **changes})
    who.section = "sources.jobs_source.prod.credentials"
    with pytest.raises(ConfigError) as caught:
        who.resolve()
    assert str(caught.value).startswith(f"{next(iter(changes))} under [sources.jobs_source.prod.credentials] ")
    assert str(caught.value).endswith(" Set the value that Salesforce shows.")
    assert "secret>" not in str(caught.value)
    assert "tooshort" not in str(caught.value)


def test_a_path_loses_its_quotes() -> None:
    """As one that was dragged into a terminal."""
    who = JwtCredentials(client_id="3MVG9", username="ann@acme.com", private_key_path="'/secure/my place/server.key' ")
    assert who.resolve().private_key_path == "/secure/my place/server.key"
