"""What the sentences about the DuckDB file mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "DuckDB cannot open|name of the DuckDB file|not in this system's encoding",
        "DuckDB or Python cannot work with this path.",
        "Choose a path without these characters. With `LC_ALL=C` set `PYTHONUTF8=1`.",
    ),
    (
        "^dlt cannot work in|Set TMPDIR to|and runs work there",
        "A run needs a folder that it can write, with a path that dlt does not misread.",
        "Set the variable that the message names to such a folder.",
    ),
    (
        "belongs to another user",
        "Another user has loaded into this file, and its lock may not be written.",
        "Let one user run all loads. Or let both write the folder before the first load.",
    ),
    (
        "a load puts a copy of|cannot be replaced",
        "A load puts a new file beside the DuckDB file and renames it. That is not allowed here.",
        "Let the user write the folder. In a container mount the folder, not the file.",
    ),
    (
        "Another user's load",
        "A folder of another user is in the way.",
        "Remove the folder. Let one user run all loads.",
    ),
    (
        "file that is (not there|missing)",
        "Somebody moved the DuckDB file and left its log (`.wal`) behind. The log may hold rows.",
        "Move the log to the file. Remove it only if the file is gone for good.",
    ),
    (
        "for itself",
        "DuckDB has tables of its own under this name.",
        "Use another name for the dataset.",
    ),
    (
        "DuckDB confuses the two",
        "DuckDB calls a file by its name up to the first dot, in small or capital letters. A dataset must not have that"
        " name.",
        "Give the file another name, or use `--dataset`.",
    ),
    (
        "gone after the run| is empty. Set this key|is an address, but|begins or ends with a blank",
        "There is no path, the value is no plain path, or the file would be gone after the run.",
        "Set `destination.duckdb.credentials` to the path of a file.",
    ),
    (
        "There is no folder|is not a file, so it cannot be|leads to no folder",
        "The configured path of the DuckDB file leads to no file: its folder does not exist, or it is a folder itself.",
        "Make it, or correct `destination.duckdb.credentials`.",
    ),
    (
        "newer DuckDB (made|than the one)",
        "Another program with a newer DuckDB wrote the file.",
        "Upgrade duckdb here.",
    ),
    (
        "is damaged, or is",
        "DuckDB cannot read the file.",
        "Restore a backup: [operations.md](operations.md#back-up-and-restore).",
    ),
    (
        "no room for the copy",
        "A load copies the DuckDB file first.",
        "Free as much space as the file takes.",
    ),
    (
        "leave a log|writing the log|w(ithout writing|rote) its log|open for writing|Another load has been",
        "Another program writes to the DuckDB file.",
        "Close the file there (the message names the program where it can), and run again.",
    ),
    (
        "moved or removed the file",
        "The DuckDB file was there when the load began, and gone at its end.",
        "Put the file back if you need its rows. Then run again.",
    ),
    (
        "put another file in the place|Somebody replaced the file|Another program made",
        "Somebody replaced the file during the load. That file stays.",
        "Run again.",
    ),
    (
        "write the file in the format|is now in the format",
        "The file was in a format that older DuckDB programs cannot read. The load rewrites it.",
        "Nothing. If the rewriting fails, readers need a newer DuckDB.",
    ),
    (
        "cannot replace an open file",
        "On this file system a load works in the file itself. Readers can block it.",
        "Put the file on a local disk.",
    ),
)
