"""
The objects that the org has, and their standard fields.

Custom fields are not listed: the org has every one that a client names. Neither are fields of related records, such as
`Owner.Email`.
"""

import re
from collections.abc import Iterable

_COMMON = "Id IsDeleted OwnerId CreatedById CreatedDate LastModifiedById LastModifiedDate SystemModstamp"
_ADDRESS = "Street City State PostalCode Country"
_PERSON = "LastName FirstName Salutation Name Title Email Phone MobilePhone Fax LeadSource Description"
_FIELDS = {
    "Account": "Name AccountNumber AccountSource AnnualRevenue Description Fax Industry NumberOfEmployees Ownership"
    " ParentId Phone Rating Sic Site TickerSymbol Type Website",
    "Attachment": "Body BodyLength ContentType Description IsPrivate Name ParentId",
    "Campaign": "ActualCost BudgetedCost Description EndDate IsActive Name ParentId StartDate Status Type",
    "CampaignMember": "CampaignId ContactId FirstRespondedDate HasResponded LeadId Status",
    "Case": "AccountId CaseNumber ClosedDate ContactId Description IsClosed Origin ParentId Priority Reason Status"
    " Subject SuppliedEmail SuppliedName Type",
    "Contact": f"{_PERSON} AccountId Birthdate Department HomePhone ReportsToId",
    "Event": "ActivityDate ActivityDateTime Description DurationInMinutes EndDateTime IsAllDayEvent Location"
    " StartDateTime Subject WhatId WhoId",
    "Lead": f"{_PERSON} {_ADDRESS} AnnualRevenue Company Industry IsConverted NumberOfEmployees Rating Status Website",
    "Opportunity": "AccountId Amount CampaignId CloseDate Description ForecastCategoryName IsClosed IsWon LeadSource"
    " Name NextStep Pricebook2Id Probability StageName Type",
    "Organization": "Name OrganizationType IsSandbox InstanceName TimeZoneSidKey TrialExpirationDate NamespacePrefix"
    " LanguageLocaleKey",
    "Product2": "Description Family IsActive Name ProductCode",
    "Task": "ActivityDate Description IsClosed Priority Status Subject WhatId WhoId",
    "User": "Alias Email EmailEncodingKey FirstName IsActive LanguageLocaleKey LastName LocaleSidKey Name ProfileId"
    " TimeZoneSidKey UserRoleId UserType Username",
    "Audit_Entry__b": "",
    "Invoice__c": "Name",
    "Payment__c": "Name",
}
for _name, _prefixes in {"Account": ("Billing", "Shipping"), "Contact": ("Mailing", "Other")}.items():
    _FIELDS[_name] += "".join(f" {prefix}{part}" for prefix in _prefixes for part in _ADDRESS.split())
_TYPES = {
    r"__c$": "string",
    r"(?<=.)Id$": "reference",
    r"(DateTime|edDate|Modstamp)$": "datetime",
    r"Date$|^Birthdate$": "date",
    r"^(Is|Has)[A-Z]": "boolean",
    r"Email$": "email",
    r"Phone$|^Fax$": "phone",
    r"Amount$|Cost$|Revenue$": "currency",
    r"^NumberOf|Minutes$": "int",
    r"(Status|Type|Rating|Industry|StageName|LeadSource|Origin|Priority|Salutation)$": "picklist",
}

NAMES = frozenset(_FIELDS)


def find_object(name: str, names: Iterable[str]) -> str | None:
    """Return *name* as the org spells it, or None if it is not among its *names*."""
    return next((known for known in names if known.lower() == name.lower()), None)


def has_field(object: str, name: str) -> bool:
    """Return whether *object* has the field. An object that was added by a test has the common fields and a name."""
    lower = name.lower()
    if lower.endswith("__c") or "." in lower:
        return True
    return lower in [field.lower() for field in _standard(object)]


def fields_of(object: str) -> list[str]:
    """Return the fields that *object* has from the start: the standard ones, and an external id."""
    return [*_standard(object), "External_Id__c"]


def type_of(field: str) -> str:
    """Return the type of a field, as its name lets expect it."""
    if field == "Id":
        return "id"
    for pattern, type in _TYPES.items():
        if re.search(pattern, field):
            return type
    return "string"


def _standard(object: str) -> list[str]:
    return f"{_COMMON} {_FIELDS.get(object, 'Name')}".split()
