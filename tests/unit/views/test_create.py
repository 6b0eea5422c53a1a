"""What makes the views: nothing where nothing changed, and nothing of the user's is lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import psycopg2
import pytest

from jobs_source import create_views
from jobs_source.views import VIEWS, create, definitions
from tests.kept_rows import ORG, ask, given, keep, make_tables, make_views, pipeline_into
from tests.warehouses import DATASET, Warehouse, on_both

only_postgres = pytest.mark.parametrize("warehouse", ["postgres"], indirect=True)
IDENTITIES = {
    "duckdb": "select view_name, view_oid, comment from duckdb_views() where schema_name = 'salesforce_jobs'",
    "postgres": (
        "select c.relname, c.oid, c.xmin::text, d.xmin::text, d.description from pg_class c"
        " left join pg_description d on d.objoid = c.oid and d.objsubid = 0"
        f" where c.relnamespace = '{DATASET}'::regnamespace and c.relkind in ('v', 'i') order by 1"
    ),
}


class Files:
    """A copy of our files of SQL, which a test may edit as another version of the program would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def edit(self, view: str, old: str, new: str) -> None:
        path = self._folder / f"{view}.sql"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        forget()


def forget() -> None:
    definitions._parse.cache_clear()
    definitions.write_sql.cache_clear()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    folder = tmp_path / "views"
    shutil.copytree(definitions._FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr(definitions, "_FOLDER", folder)
    forget()
    yield Files(folder)
    forget()


def identities(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.execute(IDENTITIES[warehouse.destination])


def comments(warehouse: Warehouse) -> dict[str, str]:
    return {row[0]: row[-1] for row in identities(warehouse) if row[0] in VIEWS}


def test_unchanged_views_cost_one_query(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """No DDL: all of them are the same as before for the database, and no SQL is even made."""
    make_views(warehouse)
    before = identities(warehouse)
    assert set(VIEWS) <= {row[0] for row in before}
    pipeline, asked = pipeline_into(warehouse), list[str]()
    client_class: Any = type(pipeline.sql_client())
    real = client_class.execute_sql
    monkeypatch.setattr(client_class, "execute_sql", lambda *a, **k: asked.append(a[1]) or real(*a, **k))
    monkeypatch.setattr(create, "write_query", lambda *arguments: pytest.fail("not needed"))
    assert create_views(pipeline) == []
    assert [query.split()[0] for query in asked] == ["select"]
    assert identities(warehouse) == before


@on_both
def test_a_comment_says_what_a_view_answers(warehouse: Warehouse) -> None:
    """And has our mark at its end."""
    make_views(warehouse)
    told = {view: comment.rpartition(" [salesforce-jobs view ")[0] for view, comment in comments(warehouse).items()}
    assert told == {
        "job_history": "Which job ran when, by whom, on what; how long did it wait and run; what became of it?",
        "jobs_daily": "How many jobs and records ran on each day, and how many failed?",
        "job_failures": "What failed, when, whose was it, and why?",
        "unfinished_jobs": "What is waiting or running now, and what is stuck?",
        "run_health": "How fresh is what is kept of each org, has it gaps, and what does it cost?",
    }


def test_only_the_view_that_changed_is_made_anew(files: Files, warehouse: Warehouse) -> None:
    """With one more column at its end, under a view of the user's own."""
    make_views(warehouse)
    warehouse.execute(f"create view {DATASET}.mine as select org_id, api_limit from {DATASET}.run_health")
    keep(warehouse, given("runs"))
    before = comments(warehouse)
    files.edit("run_health", "        limits.api_limit\n", "        limits.api_limit,\n        1 as one\n")
    assert create_views(pipeline_into(warehouse)) == []
    after = comments(warehouse)
    assert [view for view in VIEWS if after[view] != before[view]] == ["run_health"]
    assert ask(warehouse, "run_health", "org_id, one") == [(ORG, 1)]
    assert ask(warehouse, "mine", "*") == [(ORG, 100_000)]


@only_postgres
def test_rights_and_owners_outlive_another_shape_of_a_view(files: Files, warehouse: Warehouse) -> None:
    """Of roles, of everybody, on columns, with the right to hand them on; those on a lost column are lost with it."""
    make_views(warehouse)
    for role in ("reader", "writer", "owner"):
        warehouse.execute(f'drop role if exists "{role} %s"')
        warehouse.execute(f'create role "{role} %s"')
    view = f"{DATASET}.run_health"
    warehouse.execute(f'grant usage, create on schema {DATASET} to "owner %s"')
    warehouse.execute(f'alter view {view} owner to "owner %s"')
    warehouse.execute(f'grant select on {view} to "reader %s" with grant option')
    warehouse.execute(f'grant select (org_id, newest_run_at), update (org_id) on {view} to "writer %s"')
    warehouse.execute(f"grant references on {view} to public")
    rights = (
        "select a.grantee::regrole::text, a.privilege_type, a.is_grantable, c.relowner::regrole::text, null"
        f" from pg_class c, aclexplode(c.relacl) a where c.oid = '{view}'::regclass and a.grantee <> c.relowner"
        " union all select a.grantee::regrole::text, a.privilege_type, a.is_grantable, null, t.attname"
        f" from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = '{view}'::regclass order by 1, 2, 5"
    )
    before = warehouse.execute(rights)
    files.edit("run_health", "as newest_run_at", "as newest_walk_at")
    assert create_views(pipeline_into(warehouse)) == []
    assert "newest_walk_at" in warehouse.columns("run_health")
    assert warehouse.execute(rights) == [row for row in before if row[4] != "newest_run_at"]
    assert len(before) == 5
    for role in ("reader", "writer", "owner"):
        warehouse.execute(f'drop owned by "{role} %s"; drop role "{role} %s"')


@only_postgres
def test_a_view_of_the_users_is_never_dropped(files: Files, warehouse: Warehouse) -> None:
    """If it is on top of one that has to be dropped, that one stays as it was, and the other views are made."""
    make_views(warehouse)
    warehouse.execute(f"create view {DATASET}.mine as select newest_run_at from {DATASET}.run_health")
    before = comments(warehouse)
    files.edit("run_health", "as newest_run_at", "as newest_walk_at")
    files.edit("job_failures", "as failed_at", "as over_at")
    (warning,) = create_views(pipeline_into(warehouse))
    assert warning == (
        "The view salesforce_jobs.run_health could not be made or changed: cannot drop view run_health because other"
        " objects depend on it DETAIL: view mine depends on view run_health. The tables are loaded. If a view of yours"
        " is on top, drop that, and make it again after the next run. If a right is missing, grant it. If readers were"
        " in the way, the next run tries again."
    )
    assert ask(warehouse, "mine", "*", "1") == []
    changed = [view for view, comment in comments(warehouse).items() if comment != before[view]]
    assert changed == ["job_failures"]


@pytest.mark.parametrize("kind", ["view", "table"])
def test_what_is_not_ours_is_never_overwritten(kind: str, warehouse: Warehouse) -> None:
    """A view or table of the user's own keeps its name; the warning says what to do, and then it works."""
    make_tables(warehouse)
    warehouse.execute(f"create {kind} {DATASET}.jobs_daily as select 7 as seven")
    warning = (
        f"salesforce_jobs.jobs_daily is a {kind} of your own, so the view of that name was not made. Rename yours, and"
        " the next run makes the view."
    )
    pipeline = pipeline_into(warehouse)
    assert create_views(pipeline) == [warning]
    assert create_views(pipeline) == [warning]
    assert ask(warehouse, "jobs_daily", "*", "1") == [(7,)]
    assert ask(warehouse, "run_health", "*", "1") == []
    warehouse.execute(f"alter {kind} {DATASET}.jobs_daily rename to mine")
    assert create_views(pipeline) == []
    assert ask(warehouse, "jobs_daily", "*", "1") == []
    assert ask(warehouse, "mine", "*", "1") == [(7,)]


@only_postgres
def test_readers_make_no_run_wait_long(files: Files, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader in a transaction keeps its view; the run goes on after five seconds, and the next one changes it."""
    assert create._LOCK_TIMEOUT == "5s"
    monkeypatch.setattr(create, "_LOCK_TIMEOUT", "50ms")
    make_views(warehouse)
    files.edit("run_health", "        limits.api_limit\n", "        limits.api_limit,\n        1 as one\n")
    reader = psycopg2.connect(**warehouse.address)
    try:
        with reader.cursor() as cursor:
            cursor.execute(f"select count(*) from {DATASET}.run_health")
            (warning,) = create_views(pipeline_into(warehouse))
            cursor.execute(f"select count(*) from {DATASET}.run_health")
            assert cursor.fetchall() == [(0,)]
    finally:
        reader.close()
    assert "canceling statement due to lock timeout" in warning
    assert "If readers were in the way, the next run tries again." in warning
    assert create_views(pipeline_into(warehouse)) == []
    assert "one" in warehouse.columns("run_health")


@only_postgres
def test_a_missing_right_is_a_warning(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database's own words, for each view that cannot be made."""
    make_tables(warehouse)
    warehouse.execute("drop role if exists poor")
    warehouse.execute("create role poor login")
    warehouse.execute(f"grant usage on schema {DATASET} to poor")
    warehouse.execute(f"grant select on all tables in schema {DATASET} to poor")
    host, database = warehouse.address["host"], warehouse.address["dbname"]
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", f"postgresql://poor:x@localhost/{database}?host={host}")
    warnings = create_views(pipeline_into(warehouse))
    assert [warning.partition(" The tables are loaded.")[0] for warning in warnings] == [
        f"The view salesforce_jobs.{view} could not be made or changed: permission denied for schema salesforce_jobs."
        for view in VIEWS
    ]
    warehouse.execute("drop owned by poor; drop role poor")


@on_both
def test_a_table_that_is_not_there_counts_as_empty(warehouse: Warehouse) -> None:
    """As in a pipeline of one's own that loads `jobs` only; once the table is there, its rows are in the views."""
    make_tables(warehouse)
    warehouse.execute(f"drop table {DATASET}.query_jobs; drop table {DATASET}.users")
    pipeline = pipeline_into(warehouse)
    assert create_views(pipeline) == []
    assert ask(warehouse, "job_history", "id", "1") == []
    warehouse.execute(f"create table {DATASET}.query_jobs as select * from {DATASET}.jobs")
    warehouse.execute(f"insert into {DATASET}.query_jobs (org_id, id) values ('{ORG}', 'q1')")
    assert create_views(pipeline) == []
    assert ask(warehouse, "job_history", "id, kind") == [("q1", "query")]


@only_postgres
def test_a_table_that_was_made_anew_is_the_one_that_is_read(warehouse: Warehouse) -> None:
    """Postgres follows a table that is renamed: the views go back to the one of the right name."""
    make_views(warehouse)
    keep(warehouse, given("jobs"))
    warehouse.execute(f"alter table {DATASET}.jobs rename to old_jobs")
    warehouse.execute(f"create table {DATASET}.jobs (like {DATASET}.old_jobs)")
    assert create_views(pipeline_into(warehouse)) == []
    assert ask(warehouse, "job_history", "id", "1") == []
    warehouse.execute(f"drop table {DATASET}.old_jobs")


@only_postgres
def test_one_day_is_found_by_indexes(warehouse: Warehouse) -> None:
    """They are made with the views, and made again if somebody drops one."""
    make_views(warehouse)
    query = f"select indexname from pg_indexes where schemaname = '{DATASET}' order by 1"
    names = [
        "job_errors_by_job_id", "job_results_by_id", "job_states_by_job_id", "jobs_by_created_date",
        "query_jobs_by_created_date",
    ]  # fmt: skip
    assert [name for (name,) in warehouse.execute(query)] == names
    warehouse.execute(f"drop index {DATASET}.jobs_by_created_date")
    assert create_views(pipeline_into(warehouse)) == []
    assert [name for (name,) in warehouse.execute(query)] == names


def test_files_get_no_views(tmp_path: Path) -> None:
    """Nor does a database whose dialect is not proven."""
    destination = dlt.destinations.filesystem(str(tmp_path / "files"))
    assert create_views(dlt.pipeline("files", destination=destination)) == []


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_a_database_of_an_unproven_dialect_gets_no_views(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no warning: nothing is wrong."""
    make_tables(warehouse)
    monkeypatch.setattr(create, "DIALECTS", ("postgres",))
    assert create_views(pipeline_into(warehouse)) == []
    assert identities(warehouse) == []


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_a_duckdb_file_may_be_renamed_or_attached(warehouse: Warehouse, tmp_path: Path) -> None:
    """The views name no file."""
    import duckdb

    make_views(warehouse)
    keep(warehouse, given("jobs"))
    moved = Path(warehouse.address).rename(tmp_path / "moved.duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{moved}' as other (read_only)")
        assert connection.execute("select id, kind from other.salesforce_jobs.job_history").fetchall() == [
            ("j1", "ingest")
        ]


def test_the_sql_is_in_one_shape() -> None:
    """First the grain, the key and the question; at the end `select * from final`."""
    folder = definitions._FOLDER
    found = {path.stem for path in folder.glob("*.sql")}
    assert found == set(VIEWS)
    for path in folder.rglob("*.sql"):
        lines = path.read_text(encoding="utf-8").splitlines()
        head = "\n".join(line for line in lines if line.startswith("-- "))
        assert lines[0].startswith("-- Grain: one row per "), path
        assert "Key: org_id" in head, path
        assert ("-- Question: " in head) == (path.parent == folder), path
        assert lines[-1] == "select * from final", path
        assert max(map(len, lines)) <= 120, path
