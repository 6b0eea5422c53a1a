"""The house: imports point down only, no room looks sideways, and no two files need each other."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT

# From the top to the bottom. What stands side by side does not know each other.
FLOORS = (
    ("pipelines",),
    ("jobs_source.commands",),
    ("jobs_source.dashboard",),
    ("jobs_source.runner",),
    ("jobs_source",),
    ("jobs_source.source",),
    ("jobs_source.configuration", "jobs_source.options"),
    ("jobs_source.resources",),
    ("jobs_source.rows", "jobs_source.salesforce", "jobs_source.views"),
    ("jobs_source.schema", "jobs_source.dlt_compat", "jobs_source.json_text"),
    ("jobs_source.settings", "jobs_source.exceptions", "jobs_source.ids", "jobs_source.times", "jobs_source.wording"),
)
STANDIN_FLOORS = (
    ("jobs_source.standin.__main__",),
    ("jobs_source.standin",),
    ("jobs_source.standin.server",),
    ("jobs_source.standin.api",),
    ("jobs_source.standin.org",),
)
KNOW_THE_STANDIN = {"jobs_source.commands.demo", "jobs_source.commands.standin"}
NOT_IN = {
    "jobs_source.rows": ("dlt", "requests", "urllib3", "duckdb", "jobs_source.dlt_compat"),
    "jobs_source.salesforce": ("pyarrow", "duckdb", "dlt.pipeline", "dlt.destinations", "dlt.extract"),
    "jobs_source.standin.org": ("http", "urllib", "socket", "ssl", "email"),
    "jobs_source.standin.api": ("http", "socket", "ssl"),
}
# What dlt's guides show, or has a docstring among what they show: https://dlthub.com/docs
DOCUMENTED_DLT = {
    "dlt",
    *(f"dlt.common.configuration.{name}" for name in ("configspec", "exceptions", "resolve_configuration")),
    *(
        f"dlt.common.configuration.exceptions.{name}"
        for name in ("ConfigFieldMissingException", "ConfigurationException")
    ),
    *(
        f"dlt.common.configuration.specs.{name}"
        for name in ("BaseConfiguration", "CredentialsConfiguration", "RuntimeConfiguration")
    ),
    "dlt.common.configuration.providers.CustomLoaderDocProvider",
    "dlt.common.data_types.TDataType",
    "dlt.common.destination.Destination",
    "dlt.common.destination.exceptions.DestinationCapabilitiesException",
    "dlt.common.destination.exceptions.DestinationException",
    "dlt.common.destination.exceptions.InvalidDestinationReference",
    "dlt.common.destination.exceptions.UnknownDestinationModule",
    "dlt.common.exceptions.MissingDependencyException",
    "dlt.common.logger",
    "dlt.common.schema.typing.TColumnSchema",
    "dlt.common.typing.TSecretStrValue",
    "dlt.destinations.duckdb",
    "dlt.destinations.exceptions.DatabaseException",
    "dlt.destinations.exceptions.DatabaseUndefinedRelation",
    "dlt.destinations.exceptions.DestinationConnectionError",
    "dlt.pipeline.exceptions.PipelineStepFailed",
    "dlt.sources.DltResource",
    "dlt.sources.DltSource",
    "dlt.sources.helpers.requests.Client",
}


def read_house(root: Path) -> dict[str, set[str]]:
    """Which modules each module below *root* imports, wherever in the file; of a package, `__init__` is the module."""
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
        for package in ("jobs_source", "pipelines")
        for path in root.glob(f"{package}/**/*.py")
    }
    return {name: set(read_imports(name, path)) for name, path in files.items()}


def read_imports(name: str, path: Path) -> Iterator[str]:
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def as_module(imported: str, house: Mapping[str, set[str]]) -> str:
    """The module of the house that *imported* is, or is a name of; empty for others' modules."""
    while imported and imported not in house:
        imported = imported.rpartition(".")[0]
    return imported


def find_floor(module: str, floors: tuple[tuple[str, ...], ...]) -> tuple[int, str]:
    """How far from the top the room of *module* is, and its name: the longest that fits, a package's own file aside."""
    rooms = [(room, floor) for floor, names in enumerate(floors) for room in names]
    fitting = [(room, floor) for room, floor in rooms if module == room or module.startswith(f"{room}.")]
    assert fitting, f"{module} has no room"
    room, floor = max(fitting, key=lambda pair: len(pair[0]))
    assert module == room or room not in ("jobs_source", "jobs_source.standin"), f"{module} has no room"
    return floor, room


def wrong_imports(house: Mapping[str, set[str]]) -> list[str]:
    """Imports that go up or sideways, and circles."""
    edges = {
        module: {found for name in names if (found := as_module(name, house)) and found != module}
        for module, names in house.items()
    }
    wrong = []
    for module, targets in edges.items():
        for target in targets:
            is_standin = target.startswith("jobs_source.standin")
            if is_standin and not module.startswith("jobs_source.standin"):
                wrong += [] if module in KNOW_THE_STANDIN else [f"{module} knows the stand-in"]
                continue
            if module.startswith("jobs_source.standin") and not is_standin:
                wrong.append(f"{module} -> {target}")
                continue
            floors = STANDIN_FLOORS if is_standin else FLOORS
            (floor, room), (target_floor, target_room) = find_floor(module, floors), find_floor(target, floors)
            if target_floor < floor or (target_floor == floor and target_room != room):
                wrong.append(f"{module} -> {target}")
    return sorted(wrong + [f"circle: {' -> '.join(circle)}" for circle in find_circles(edges)])


def find_circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    circles, done = [], set[str]()

    def visit(module: str, way: list[str]) -> None:
        if module in way:
            circles.append([*way[way.index(module) :], module])
        elif module not in done:
            for target in sorted(edges[module]):
                visit(target, [*way, module])
            done.add(module)

    for module in sorted(edges):
        visit(module, [])
    return circles


HOUSE = read_house(ROOT)


def test_imports_point_down_only() -> None:
    """Relative ones too, and those inside a function."""
    assert wrong_imports(HOUSE) == []


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("salesforce/errors.py", "from jobs_source.rows import values", "salesforce.errors -> jobs_source.rows.values"),
        ("salesforce/errors.py", "from ..rows import values", "salesforce.errors -> jobs_source.rows.values"),
        ("salesforce/errors.py", "from ..rows.values import x", "salesforce.errors -> jobs_source.rows.values"),
        ("rows/values.py", "def f():\n    import jobs_source.runner.load", "rows.values -> jobs_source.runner.load"),
        ("rows/values.py", "from jobs_source import salesforce_jobs", "rows.values -> jobs_source"),
        ("rows/values.py", "from . import entries", "circle: jobs_source.rows.entries -> jobs_source.rows.values"),
        ("runner/load.py", "from jobs_source.standin import StandIn", "runner.load knows the stand-in"),
        ("standin/org/org.py", "from jobs_source import ids", "standin.org.org -> jobs_source.ids"),
        ("standin/org/org.py", "from ..api import rest", "standin.org.org -> jobs_source.standin.api.rest"),
    ],
)
def test_a_wrong_import_is_found(file: str, text: str, said: str, tmp_path: Path) -> None:
    """In a small house of the same plan, where one more line is written."""
    rooms = ("", "salesforce/", "rows/", "runner/", "standin/", "standin/org/", "standin/api/")
    texts = {f"{room}__init__.py": "" for room in rooms}
    texts |= {"ids.py": "", "rows/values.py": "", "rows/entries.py": "from jobs_source.rows import values"}
    texts |= {"salesforce/errors.py": "", "runner/load.py": "", "standin/org/org.py": "", "standin/api/rest.py": ""}
    for name, content in texts.items():
        path = tmp_path / "jobs_source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    assert wrong_imports(read_house(tmp_path)) == []

    (tmp_path / "jobs_source" / file).write_text(text, encoding="utf-8")

    (wrong,) = wrong_imports(read_house(tmp_path))
    assert wrong.removeprefix("jobs_source.").startswith(said)


def reach(room: str) -> set[str]:
    """The modules of *room*, and all of ours that they need but `dlt_compat`, which is all of dlt for everybody."""
    waiting, found = [module for module in HOUSE if module.startswith(room)], set[str]()
    while waiting:
        module = waiting.pop()
        if module not in found and module != "jobs_source.dlt_compat":
            found.add(module)
            waiting += [target for name in HOUSE[module] if (target := as_module(name, HOUSE)) and "." in target]
    return found


@pytest.mark.parametrize("room", NOT_IN)
def test_a_room_knows_nothing_of(room: str) -> None:
    """Rows know no HTTP and no dlt, Salesforce no Arrow and no destination; nor does what they need of ours."""
    names = {f"{module} -> {name}" for module in reach(room) for name in HOUSE[module]}
    assert [name for name in sorted(names) for bad in NOT_IN[room] if f" -> {bad}." in f"{name}."] == []


def test_one_file_knows_dlts_inside() -> None:
    """What dlt's guides do not show is imported by `dlt_compat.py` only."""
    undocumented = {
        f"{module} -> {name}"
        for module, names in HOUSE.items()
        for name in names
        if name.split(".")[0] == "dlt" and module != "jobs_source.dlt_compat"
        if name not in DOCUMENTED_DLT
    }
    assert undocumented == set()


def test_no_import_is_for_types_only() -> None:
    """`TYPE_CHECKING` hides a circle."""
    assert [name for name, names in HOUSE.items() if "typing.TYPE_CHECKING" in names] == []
