"""The DuckDB file: readers never block a load, other writers are respected, and the file is always whole."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pytest
from filelock import FileLock

from jobs_source.commands.parser import main
from jobs_source.exceptions import FileInUseError, FileUnusableError
from jobs_source.runner import duckdb_copy, duckdb_file, publish
from jobs_source.runner.load import load
from jobs_source.runner.orgs import make_pipeline
from jobs_source.standin import Clock, StandIn
from tests.conftest import START, with_our_code
from tests.expected import expected_rows
from tests.other_program import other_program
from tests.saved_loads import SavedLoads
from tests.warehouses import Warehouse

LogIn = Callable[..., None]
FILE = Path("jobs_history.duckdb")
WRITES = """
import duckdb, sys, time
for number in range(20):
    while True:
        try:
            with duckdb.connect(sys.argv[1]) as connection:
                connection.execute("create table if not exists notes (number int)")
                connection.execute("insert into notes values (?)", [number])
            break
        except duckdb.IOException:
            time.sleep(0.02)
    time.sleep(0.05)
"""


@pytest.fixture
def filled(standin: StandIn, log_in: LogIn, saved_loads: SavedLoads) -> StandIn:
    """An org with twenty jobs that are loaded, and one more that is not."""
    add_jobs(standin, 20)
    log_in(standin)
    saved_loads.load("publish", load)
    add_jobs(standin, 1)
    return standin


def add_jobs(standin: StandIn, jobs: int) -> None:
    standin.org.add_jobs(jobs, job_type="V2Ingest", created=standin.org.clock.now())
    standin.org.clock.advance(seconds=3_600)


def assert_all_loaded(standin: StandIn, path: Path = FILE) -> None:
    assert Warehouse("duckdb", path).rows("jobs") == expected_rows(standin.org, "ingest")


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.endswith((".loading", ".wal"))]


def test_readers_never_block_a_load_and_never_see_half_of_one(filled: StandIn) -> None:
    """One that keeps its connection sees the file of before; who opens it anew sees the load. `status` reads beside."""
    with other_program("reader") as reader:
        assert load().jobs_new == 1
        assert (reader.jobs_at_first, reader.count_jobs()) == (20, 20)
        with other_program("reader") as next_reader:
            assert next_reader.jobs_at_first == 21
        assert main(["status"]) == 0
    assert_all_loaded(filled)
    assert leftovers(Path()) == []


@pytest.mark.long
def test_another_writer_is_named_before_anything_is_asked_of_salesforce(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is waited for a little; exit code 1, for the next run may find it gone."""
    monkeypatch.setattr(duckdb_file, "_WRITER_WAIT_SECONDS", 0.3)
    asked = len(filled.requests)
    with other_program("writer") as writer:
        for command in ("load", "status"):
            assert main([command]) == 1
            said = capsys.readouterr().err.splitlines()[-1]
            assert said.startswith(f"Another program has the DuckDB file {FILE.absolute()} open for writing: ")
            assert (
                f"(PID {writer.pid}). Close the file there, or wait until that program has ended, and run again."
                in said
            )
    assert len(filled.requests) == asked

    assert load().jobs_new == 1
    assert_all_loaded(filled)


@pytest.mark.long
def test_a_writer_that_comes_while_a_run_reads_salesforce_is_waited_for(filled: StandIn) -> None:
    """It ends a second after the walk has: the load goes on then, with its rows."""
    writes = "import duckdb, time; c = duckdb.connect('jobs_history.duckdb'); c.execute('create table notes (a int)')"
    writer: list[subprocess.Popen[str]] = []

    def begin() -> None:
        command = [sys.executable, "-c", f"{writes}; print(1, flush=True); time.sleep(1)"]
        writer.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert writer[0].stdout is not None and writer[0].stdout.readline() == "1\n"

    filled.misbehave("call", path="jobs/ingest", do=begin)

    assert load().jobs_new == 1
    assert writer[0].wait(10) == 0
    assert_all_loaded(filled)
    assert Warehouse("duckdb", FILE).query("select count(*) from main.notes") == [(0,)]


def test_no_other_writer_gets_in_between_copy_and_rename(filled: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB itself refuses it, while readers are let in: what it wrote would be gone with the rename."""
    seen: list[str] = []
    whole = dlt.Pipeline.load

    def look_around(pipeline: dlt.Pipeline, *arguments: Any, **options: Any) -> Any:
        for mode in ("True", "False"):
            code = f"import duckdb; duckdb.connect('{FILE}', read_only={mode}).execute('from salesforce_jobs.jobs')"
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
            seen.append(done.stderr.strip().rpartition("\n")[2][:60])
        return whole(pipeline, *arguments, **options)

    monkeypatch.setattr(dlt.Pipeline, "load", look_around)
    load()

    assert seen == ["", '_duckdb.IOException: IO Error: Could not set lock on file "/']
    assert_all_loaded(filled)


@pytest.mark.long
@pytest.mark.parametrize("rounds", [1, pytest.param(3, marks=pytest.mark.long)])
def test_orgs_and_another_program_that_write_at_once_lose_nothing(rounds: int, standin: StandIn, log_in: LogIn) -> None:
    """Two of our runs in processes of their own, over and over, and a program that inserts into a table of its own."""
    with StandIn(clock=Clock(START, frozen=True), seed=2) as other:
        for org, name in ((standin, "one"), (other, "two")):
            add_jobs(org, 30)
            log_in(org, name)
        load("one")
        writer = subprocess.Popen([sys.executable, "-c", WRITES, str(FILE)])
        for _ in range(rounds):
            add_jobs(standin, 1)
            add_jobs(other, 1)
            command = [sys.executable, "-m", "pipelines", "load", "--org"]
            runs = [subprocess.Popen([*command, name], env=with_our_code()) for name in ("one", "two")]
            assert [run.wait(60) for run in runs] == [0, 0]
        assert writer.wait(60) == 0

        both = expected_rows(standin.org, "ingest") + expected_rows(other.org, "ingest")
        tables = Warehouse("duckdb", FILE)
        assert tables.rows("jobs") == sorted(both, key=lambda row: (row["org_id"], row["id"]))
        assert tables.query("select number from main.notes order by number") == [(number,) for number in range(20)]


@pytest.mark.long
def test_another_load_that_takes_too_long_is_named(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It holds the lock beside the file, and has left who it is."""
    monkeypatch.setattr(publish, "_LOCK_WAIT_SECONDS", 0.2)
    folder = tmp_path / f".{FILE}.loading"
    with FileLock(tmp_path / f".{FILE}.lock"):
        folder.mkdir()
        (folder / "holder.txt").write_text("salesforce_jobs_prod, process 17, since 2026-11-26 12:00:00 UTC")
        with pytest.raises(FileInUseError, match=r"salesforce_jobs_prod, process 17, since 2026-11-26 12:00:00 UTC\."):
            load()

    assert load().jobs_new == 1
    assert_all_loaded(filled)
    assert leftovers(tmp_path) == []


def leave_a_log() -> None:
    """Have a program insert a row and end without taking its log in."""
    code = (
        f"import duckdb, os; c = duckdb.connect('{FILE}'); c.execute('create table main.theirs as select 7 as a');"
        " os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGKILL
    assert Path(f"{FILE}.wal").exists()


def test_the_log_that_another_program_left_is_taken_in_first(filled: StandIn) -> None:
    """A copy of the file alone would come without its rows, and a log beside the new file makes that unreadable."""
    leave_a_log()

    assert load().jobs_new == 1

    assert_all_loaded(filled)
    assert Warehouse("duckdb", FILE).query("select a from main.theirs") == [(7,)]
    assert leftovers(Path()) == []


def test_a_log_that_comes_while_a_writer_is_waited_for_is_taken_in_too(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer is killed after the first look: copied without its log, the file would lose rows and double others."""
    take_in, looks = duckdb_copy._take_in_log, iter([leave_a_log])
    monkeypatch.setattr(duckdb_copy, "_take_in_log", lambda real: next(looks, lambda: take_in(real))())

    assert load(full=True).jobs_new == 1

    assert_all_loaded(filled)
    assert Warehouse("duckdb", FILE).query("select a from main.theirs") == [(7,)]
    assert leftovers(Path()) == []


@pytest.mark.long
def test_a_log_without_its_file_is_named_and_left_alone(filled: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """As where only the file was moved away: DuckDB would replay it onto the new one."""
    leave_a_log()
    FILE.rename("moved.duckdb")

    assert main(["load"]) == 2
    assert f"The log {FILE.absolute()}.wal belongs to a DuckDB file that is missing." in capsys.readouterr().err

    Path(f"{FILE}.wal").rename("moved.duckdb.wal")
    assert load().jobs_new == 21
    with duckdb.connect("moved.duckdb") as connection:
        assert connection.execute("select a from main.theirs").fetchall() == [(7,)]


@pytest.mark.long
def test_nobody_else_can_read_the_copy_of_a_private_file(filled: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the load goes on."""
    FILE.chmod(0o600)
    whole, seen = dlt.Pipeline.load, []

    def look(pipeline: dlt.Pipeline, *arguments: Any, **options: Any) -> Any:
        seen.append(oct(Path(f".{FILE}.loading").stat().st_mode & 0o777))
        return whole(pipeline, *arguments, **options)

    monkeypatch.setattr(dlt.Pipeline, "load", look)
    load()
    assert (seen, oct(FILE.stat().st_mode & 0o777)) == (["0o700"], "0o600")


@pytest.mark.long
def test_a_reader_that_keeps_a_log_from_being_taken_in_is_named(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1: once it is closed, the next run takes the log in."""
    monkeypatch.setattr(duckdb_file, "_WRITER_WAIT_SECONDS", 0.2)
    leave_a_log()
    with other_program("reader") as reader, pytest.raises(FileInUseError) as caught:
        load()

    assert str(caught.value).startswith(f"A program ended before it wrote its log {FILE}.wal into {FILE.absolute()}")
    assert f"(PID {reader.pid})" in str(caught.value)
    assert load().jobs_new == 1
    assert Warehouse("duckdb", FILE).query("select a from main.theirs") == [(7,)]


@pytest.mark.long
def test_links_are_followed_and_mode_and_owner_stay(
    standin: StandIn, log_in: LogIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder with a quote in its name, through a link with another name."""
    folder = tmp_path / "it's"
    folder.mkdir()
    link = tmp_path / "current.duckdb"
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(folder / "jobs.duckdb"))
    add_jobs(standin, 3)
    log_in(standin)
    load()
    (folder / "jobs.duckdb").chmod(0o640)
    owner = (1_234, 4_321) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    os.chown(folder / "jobs.duckdb", *owner)
    link.symlink_to(folder / "jobs.duckdb")
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", str(link))
    add_jobs(standin, 2)

    assert load().jobs_new == 2

    status = (folder / "jobs.duckdb").stat()
    assert (link.is_symlink(), oct(status.st_mode), status.st_uid, status.st_gid) == (True, "0o100640", *owner)
    assert_all_loaded(standin, folder / "jobs.duckdb")
    assert leftovers(tmp_path) == leftovers(folder) == []


def storage_version(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute("select tags['storage_version'] from duckdb_databases() where not internal")
        return str(found.fetchall()[0][0])


@pytest.mark.long
def test_files_that_we_make_are_readable_by_older_clients(standin: StandIn, log_in: LogIn) -> None:
    """From DuckDB 1.1 on; `make test-long` tries them. It stays so after the next load."""
    add_jobs(standin, 1)
    log_in(standin)
    load()
    assert storage_version(FILE) == "v1.0.0+"
    load()
    assert storage_version(FILE) == "v1.0.0+"


@pytest.mark.long
@pytest.mark.skipif(duckdb.__version__.startswith("1."), reason="DuckDB 1 makes no file that it cannot read")
@pytest.mark.parametrize(
    ("configured", "becomes"),
    [
        ("", "v1.0.0+"),
        pytest.param("v2.0.0", "v2.0.0+", marks=pytest.mark.long),
        pytest.param("v1.4.0", "v1.4.0+", marks=pytest.mark.long),
    ],
)
def test_a_file_in_duckdb_2s_own_format_is_rewritten_once_unless_the_user_wants_it_so(
    configured: str,
    becomes: str,
    standin: StandIn,
    log_in: LogIn,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """All that is in it comes along, whoever made it."""
    with duckdb.connect(str(FILE)) as connection:
        connection.execute("create table notes (a int primary key, b varchar default 'x')")
        connection.execute("insert into notes (a) values (7); create view seen as select * from notes")
        connection.execute("create index by_b on notes (b); comment on table notes is 'mine'; create sequence s")
    assert storage_version(FILE) == "v2.0.0+"
    if configured:
        key = "DESTINATION__DUCKDB__CREDENTIALS__GLOBAL_CONFIG"
        monkeypatch.setenv(key, f'{{"storage_compatibility_version": "{configured}"}}')
    add_jobs(standin, 3)
    log_in(standin)

    load()
    load()

    assert storage_version(FILE) == becomes
    assert caplog.text.count("The DuckDB file is now in the format") == (becomes != "v2.0.0+")
    tables = Warehouse("duckdb", FILE)
    assert tables.query("select a, b from main.seen") == [(7, "x")]
    assert tables.query(
        "select index_name, (select comment from duckdb_tables() where table_name = 'notes') from duckdb_indexes()"
    ) == [("by_b", "mine")]
    assert_all_loaded(standin)


@pytest.mark.skipif(duckdb.__version__.startswith("1."), reason="DuckDB 1 makes no file that it cannot read")
def test_a_file_that_cannot_be_rewritten_whole_stays_in_its_format(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in it may be too new for the older format: nothing of it is lost."""
    FILE.unlink()
    with duckdb.connect(str(FILE)) as connection:
        connection.execute("create table notes as select 7 as a")
    monkeypatch.setattr(duckdb_copy, "_parts", lambda held, database: [database == "published"])

    load()

    assert storage_version(FILE) == "v2.0.0+"
    assert Warehouse("duckdb", FILE).query("select a from main.notes") == [(7,)]
    assert_all_loaded(filled)


def test_a_damaged_file_ends_with_2_and_never_says_run_again(
    filled: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a file that is none of DuckDB's. Moved away, it is made anew with all that is still listed."""
    whole = FILE.read_bytes()
    asked = len(filled.requests)
    for content in (whole[:12_288] + b"\7" * 1_000 + whole[13_288:], b"something else " * 1_000):
        FILE.write_bytes(content)
        for command in ("load", "status", "check"):
            assert main([command]) == 2
            shown = capsys.readouterr()
            said = (shown.out if command == "check" else shown.err).splitlines()[-1]
            assert f"The DuckDB file {FILE.absolute()} is damaged, or is not a DuckDB file: " in said
            assert "un again" not in said
    assert sum(request.path.endswith("jobs/ingest") for request in filled.requests[asked:]) == 2  # both by `check`

    FILE.unlink()
    assert load().jobs_new == 21
    assert_all_loaded(filled)


def test_a_file_of_a_newer_duckdb_ends_with_2() -> None:
    """In DuckDB's own words, 1.5.6 about a file of 2.0."""
    text = (
        "IO Error: Trying to read a database file with version number 69, but we can only read versions between 64 and"
        " 68.\nThe database file was created with a newer version of DuckDB."
    )
    error = duckdb_file.explain_file(text, Path("jobs.duckdb"))
    assert isinstance(error, FileUnusableError)
    assert str(error) == (
        f"The file jobs.duckdb was made by a newer DuckDB than the one installed here ({duckdb.__version__}). Install a"
        " newer one: pip install --upgrade duckdb"
    )


@pytest.mark.long
def test_a_file_that_takes_its_place_during_a_load_stays(filled: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that somebody restores in that moment, say: the next run loads into it."""
    backup = FILE.read_bytes()
    load()
    add_jobs(filled, 1)
    finish = publish._finish

    def restore(copy: Path) -> None:
        finish(copy)
        Path("backup").write_bytes(backup)
        Path("backup").replace(FILE)

    monkeypatch.setattr(publish, "_finish", restore)
    with pytest.raises(FileInUseError, match="Somebody replaced the file"):
        load()
    monkeypatch.setattr(publish, "_finish", finish)

    assert FILE.read_bytes() == backup
    assert load().jobs_new == 2
    assert_all_loaded(filled)


@pytest.mark.long
def test_a_file_that_is_gone_at_the_end_of_a_load_is_not_called_replaced(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run makes it again, or goes on with the one that was put back."""
    load()
    finish = publish._finish

    def move(copy: Path) -> None:
        finish(copy)
        FILE.replace("kept")

    add_jobs(filled, 1)
    monkeypatch.setattr(publish, "_finish", move)
    with pytest.raises(FileInUseError, match="Somebody moved or removed the file") as caught:
        load()
    monkeypatch.setattr(publish, "_finish", finish)

    assert caught.value.exit_code == 1
    Path("kept").replace(FILE)
    assert load().jobs_new == 1
    assert_all_loaded(filled)


@pytest.mark.parametrize("content", ["", "another program's"])
def test_a_file_that_comes_while_the_first_is_made_stays(
    content: str, standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it is empty, as `touch` makes it."""
    add_jobs(standin, 3)
    log_in(standin)
    finish = publish._finish
    monkeypatch.setattr(publish, "_finish", lambda copy: (finish(copy), FILE.write_text(content)))

    if content:
        with pytest.raises(FileInUseError, match="Another program made"):
            load()
        assert FILE.read_text() == content
    else:
        load()
        assert_all_loaded(standin)


def test_an_empty_file_is_as_good_as_none(standin: StandIn, log_in: LogIn) -> None:
    FILE.touch()
    add_jobs(standin, 3)
    log_in(standin)

    assert (main(["check"]), load().jobs_new) == (0, 3)
    assert_all_loaded(standin)


def test_where_an_open_file_cannot_be_replaced_the_load_works_in_it(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As on Windows. It says so once a run."""
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if "loading" in str(path):
            raise PermissionError(13, "Permission denied")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", refuse)
    inode = FILE.stat().st_ino

    assert load().jobs_new == 1

    assert FILE.stat().st_ino == inode
    assert storage_version(FILE) == "v1.0.0+"
    assert caplog.text.count("cannot replace an open file. So the load writes to this file directly") == 1
    assert_all_loaded(filled)


@pytest.mark.long
def test_a_file_that_is_mounted_by_itself_is_named(filled: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's mount cannot be replaced: the folder has to be mounted."""
    replace = Path.replace

    def refuse(path: Path, target: Path) -> Path:
        if target == FILE.absolute():
            raise OSError(16, "Device or resource busy")
        return replace(path, target)

    with monkeypatch.context() as patched, pytest.raises(FileUnusableError, match="mount its folder instead"):
        patched.setattr(Path, "replace", refuse)
        load()

    assert load().jobs_new == 1


def times_taken_in(path: Path) -> int:
    """Read the newer of the two headers: after its checksum DuckDB counts how often it took its log in."""
    headers = path.read_bytes()[4_096:12_288]
    return max(int.from_bytes(headers[place + 8 : place + 16], "little") for place in (0, 4_096))


def test_duckdb_takes_its_log_in_once_a_load(filled: StandIn) -> None:
    """It takes a third of the time of a small load; dlt alone would have it done four times."""
    before = times_taken_in(FILE)
    load()
    assert times_taken_in(FILE) == before + 1


def test_duckdb_takes_no_more_memory_on_a_machine_with_more_cores(tmp_path: Path, filled: StandIn) -> None:
    """Each thread holds what it writes: with eight, a merge of three million rows does not fit into the limit."""
    client: Any = make_pipeline(None, "duckdb", "salesforce_jobs", tmp_path / "look").destination_client()
    with client.sql_client as connection:
        settings = connection.execute_sql("select current_setting('threads'), current_setting('memory_limit')")
    assert settings == [(2, "190.7 MiB")]


def test_a_file_in_the_working_directory_of_the_run_is_refused(
    standin: StandIn, log_in: LogIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """dlt's `:pipeline:` means that; it would be gone at the run's end."""
    log_in(standin)
    monkeypatch.setenv("DESTINATION__DUCKDB__CREDENTIALS", ":pipeline:")

    assert main(["load"]) == 2
    assert "is :pipeline:, so the DuckDB file would be gone after the run" in capsys.readouterr().err
    assert standin.requests == []


def test_a_file_that_cannot_be_replaced_is_not_purged(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is deleted in the file itself would stay in its free blocks: exit code 2, and nothing is deleted."""
    monkeypatch.setattr(publish, "_can_replace_an_open_file", lambda folder: False)
    before = FILE.read_bytes()
    assert main(["purge", "--yes", "--org-id", filled.org.org_id]) == 2
    assert "so deleted rows would stay hidden in this file. Nothing was deleted." in capsys.readouterr().err
    assert FILE.read_bytes() == before


def test_a_file_that_duckdb_cannot_write_anew_is_not_purged(
    filled: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and the file is as it was."""
    monkeypatch.setattr(duckdb_copy, "_rewrite", lambda held, copy, version: False)
    before = FILE.read_bytes()
    assert main(["purge", "--yes", "--org-id", filled.org.org_id]) == 2
    assert "DuckDB cannot copy all that is in jobs_history.duckdb to a new file" in capsys.readouterr().err
    assert FILE.read_bytes() == before
