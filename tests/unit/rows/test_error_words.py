"""What is kept of the error of a failed record: its code, and names of fields."""

import pytest

from jobs_source.rows.error_words import NO_KEY, field_names, find_key, keep_code, keep_fields

COLUMNS = frozenset({"LastName", "Email", "External_Id__c", "Account.External_Id__c"})
ERRORS = {
    "REQUIRED_FIELD_MISSING:missing: [LastName]:LastName --": ("REQUIRED_FIELD_MISSING", "LastName"),
    "REQUIRED_FIELD_MISSING:missing: [LastName, Email]:LastName Email --": (
        "REQUIRED_FIELD_MISSING",
        "LastName Email",
    ),
    "X:missing:Email, LastName,Email --": ("X", "Email LastName"),
    "DUPLICATE_VALUE:External_Id__c duplicates value on record with id: 001:--": ("DUPLICATE_VALUE", ""),
    "INVALID_FIELD:no:Account.External_Id__c --": ("INVALID_FIELD", "Account.External_Id__c"),
    "DUPLICATE_VALUE:it is: A: Email :\n --": ("DUPLICATE_VALUE", ""),
    "INVALID_EMAIL_ADDRESS:Email: invalid email address: bob@example.com:Email --": ("INVALID_EMAIL_ADDRESS", "Email"),
    "STRING_TOO_LONG:Name: data value too large: email lastname Emails Email__c:--": ("STRING_TOO_LONG", ""),
    "STRING_TOO_LONG:x:email LASTNAME Emails Email__c .Email -- [Email]": ("STRING_TOO_LONG", ""),
    "A1_B:LastName": ("A1_B", "LastName"),
    " TIMEOUT : took too long : --": ("TIMEOUT", ""),
    "InvalidBatch : Field name not found : Email": ("", "Email"),
    "Call: Bob Smith --": NO_KEY,
    "Bob Smith --": NO_KEY,
    "ACME": NO_KEY,
    "LastName": NO_KEY,
    "5551234: no number of a phone is a code:--": NO_KEY,
    "BOB SMITH:two words:--": NO_KEY,
    "MÜLLER:not ASCII:--": NO_KEY,
    "_A:x:--": NO_KEY,
    "":  NO_KEY,
    ":": NO_KEY,
    "::--": NO_KEY,
    f"{'A' * 101}:too long:--": NO_KEY,
}  # fmt: skip


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_code_and_fields_are_kept_and_nothing_else(error: str) -> None:
    """The code is what is before the first colon, if it looks like one; fields are columns, after the last colon."""
    assert find_key(error, COLUMNS) == ERRORS[error]


def test_a_column_that_no_field_can_have_is_none() -> None:
    """A line of values in the place of the header, for instance; fields of other records are known by their path."""
    fields = {"LastName", "Amount__c", "ns__X__c", "Account.Ext__c", "User:Owner.Email"}
    values = {"bob@example.com", "Bob Smith", "+49 30", "2026-11-20", "0011x", "", "Ünal", "a\nb", "--", "A.", ".A"}
    assert field_names([*fields, *values]) == fields


def test_what_is_no_text_is_neither_a_code_nor_a_field() -> None:
    """JSON may hold anything."""
    odd = [None, 1, True, {"a": 1}, ["X"], 1.5]
    assert [keep_code(value) for value in odd] == [""] * 6
    assert keep_fields(odd, frozenset({"X"})) == ""
