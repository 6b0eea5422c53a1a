"""Words of others that are quoted hold no secret."""

import pytest

from jobs_source.salesforce.foreign_text import quotable


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("session 00D5g000001abcd!AQ.x_y/z expired", "session [hidden] expired"),
        ("token 5Aep861TSESvWeug_xvFHRBTTbf is used", "token [hidden] is used"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzIn0.c2ln is old", "[hidden] is old"),
        ("client_secret=hunter2&x=1", "[hidden]&x=1"),
        ('{"refresh_token": "hunter2"}', '{"[hidden]"}'),
        ("force://PlatformCLI::5Aep861@acme.my.salesforce.com", "[hidden]"),
        ("Bearer abcdefghijklmnop failed", "[hidden] failed"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- no", "[hidden] no"),
        ("my own words", "[hidden] words"),
        ("expired access/refresh token", "expired access/refresh token"),
        ("invalid client_secret", "invalid client_secret"),
        ("two\r\n lines \x1b[31mred\x1b[0m", "two lines red"),
    ],
)
def test_secrets_are_hidden(text: str, quoted: str) -> None:
    """Those that are known, and what has the form of one. The text becomes one line without colours."""
    assert quotable(text, ["my own", ""]) == quoted


def test_a_secret_is_not_cut_in_half() -> None:
    """It is hidden before the text is cut short."""
    assert quotable("x" * 295 + " hunter2-hunter2", ["hunter2-hunter2"]) == "x" * 295 + " [hid..."
