"""The permission set that an admin deploys is the one that the documents and the program ask for."""

import re
from xml.etree import ElementTree

from jobs_source.salesforce import errors, org_check
from jobs_source.settings import DEFAULT_API_VERSION
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "salesforce"
NAMESPACE = "{http://soap.sforce.com/2006/04/metadata}"
# Salesforce's names of permissions: the label in Setup, and the one of the Metadata API.
ASKED_FOR = {
    "API Enabled": "ApiEnabled",
    "View Setup and Configuration": "ViewSetup",
    "Manage Data Integrations": "ManageDataIntegrations",
}
BROUGHT_ALONG = {"View Roles and Role Hierarchy": "ViewRoles"}


def read(name: str) -> ElementTree.Element:
    return ElementTree.parse(FOLDER / name).getroot()  # our own file


def texts(parent: ElementTree.Element, path: str) -> list[str | None]:
    return [found.text for found in parent.findall("/".join(f"{NAMESPACE}{step}" for step in path.split("/")))]


def test_the_permission_set_has_what_is_asked_for_and_nothing_else() -> None:
    """Four user permissions, sorted by name as Salesforce wants them, and no object, class or licence."""
    root = read("permissionsets/Bulk_Job_History.permissionset")
    assert root.tag == f"{NAMESPACE}PermissionSet"
    assert texts(root, "userPermissions/name") == sorted((ASKED_FOR | BROUGHT_ALONG).values())
    assert texts(root, "userPermissions/enabled") == ["true"] * 4
    assert {child.tag.removeprefix(NAMESPACE) for child in root} == {
        "description",
        "hasActivationRequired",
        "label",
        "userPermissions",
    }


def test_the_manifest_names_every_file_of_the_folder() -> None:
    """So that `sf project deploy start --metadata-dir` sends the permission set, at our API version."""
    root = read("package.xml")
    assert root.tag == f"{NAMESPACE}Package"
    assert texts(root, "version") == [DEFAULT_API_VERSION]
    assert texts(root, "types/name") == ["PermissionSet"]
    members = {f"permissionsets/{member}.permissionset" for member in texts(root, "types/members")}
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert files == members | {"package.xml"}


def test_the_program_asks_for_the_same_permissions() -> None:
    """`check` and the error of a denied call name all three; line breaks in the code aside."""
    for module in (org_check, errors):
        code = re.sub(r'"\s*f?"', "", (ROOT / str(module.__file__)).read_text(encoding="utf-8"))
        assert [label for label in ASKED_FOR if label not in code] == []


def test_the_document_explains_each_permission() -> None:
    """A row each, with both names."""
    page = (ROOT / "docs" / "setup-salesforce.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| `(\w+)` \|[^|]+\|[^|]+\|$", page, re.MULTILINE)
    assert dict(rows) == ASKED_FOR | BROUGHT_ALONG
    assert "sf project deploy start --metadata-dir docs/salesforce " in page
