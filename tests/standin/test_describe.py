"""Which fields an object has."""

from tests.standin.caller import Caller


def test_standard_object(caller: Caller) -> None:
    """A standard object has its fields, each with its type, and one for an external id."""
    found = caller.get("sobjects/lead/describe")
    fields = {field["name"]: (field["label"], field["type"]) for field in found.pop("fields")}
    assert found == {"name": "Lead", "label": "Lead", "keyPrefix": "00Q", "custom": False, "queryable": True}
    wanted = {
        "Id": ("Id", "id"),
        "OwnerId": ("Owner Id", "reference"),
        "CreatedDate": ("Created Date", "datetime"),
        "LastName": ("Last Name", "string"),
        "Email": ("Email", "email"),
        "MobilePhone": ("Mobile Phone", "phone"),
        "IsConverted": ("Is Converted", "boolean"),
        "AnnualRevenue": ("Annual Revenue", "currency"),
        "NumberOfEmployees": ("Number Of Employees", "int"),
        "LeadSource": ("Lead Source", "picklist"),
        "External_Id__c": ("External Id", "string"),
    }
    assert {name: fields[name] for name in wanted} == wanted


def test_what_was_uploaded(caller: Caller) -> None:
    """Custom fields that an upload named are there, of both APIs; wrong columns and related fields are not."""
    caller.org.objects.add("Shoe__c")
    caller.upload("Name,Size__c,Shop__r.No__c,Nonsense\nA,1,2,3\n", object="Shoe__c", operation="insert")
    id = caller.make_1(object="Shoe__c", contentType="CSV")
    assert caller.ask_1("POST", f"job/{id}/batch", b"Name,Colour__c\nA,1\n", "text/csv").status == 201
    fields = caller.get("sobjects/Shoe__c/describe")["fields"]
    assert [field["name"] for field in fields if field["custom"]] == ["External_Id__c", "Size__c", "Colour__c"]
    assert [field["name"] for field in fields if not field["custom"]] == [
        "Id", "IsDeleted", "OwnerId", "CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate",
        "SystemModstamp", "Name",
    ]  # fmt: skip
    assert fields[2]["relationshipName"] == "Owner"


def test_unknown_object(caller: Caller) -> None:
    """An object that the org does not have is a 404."""
    assert caller.error("GET", "sobjects/Shoe/describe")[:2] == (404, "NOT_FOUND")
