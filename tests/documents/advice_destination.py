"""What the sentences about the command, the destination and its tables mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "needs more memory",
        "Added to another sentence: DuckDB has too little memory for this load.",
        "Set the environment variable that the message shows, with a larger `memory_limit`.",
    ),
    (
        "no such destination",
        "dlt knows no destination of this name.",
        "Check `--destination`: for example `duckdb`, `postgres`, `snowflake`, `bigquery`.",
    ),
    (
        "needs the Python package",
        "The driver of the destination is not installed.",
        "Run the `pip install` of the message in the environment of `salesforce-jobs`.",
    ),
    (
        "configuration is wrong",
        "A configuration file is not valid TOML, or a key of dlt has an impossible value.",
        "The rest of the sentence is dlt's: it names the file or the key.",
    ),
    (
        "cannot merge rows",
        "This destination or table format cannot merge as it must.",
        "Use another destination or format. [reliability.md](reliability.md) says why.",
    ),
    (
        "… lacks …. Add them",
        "Credentials of the destination are missing.",
        "Put them into the section that the message names, in `.dlt/secrets.toml`.",
    ),
    (
        "--retired",
        "No run of this org id is in the dataset.",
        "Copy the org id from `salesforce-jobs status`. Check `--destination` and `--dataset`.",
    ),
    (
        "is not supported",
        "The installed dlt lacks something that this program needs.",
        "Install one of the two versions that the message names.",
    ),
    (
        "letters, digits (and|or) _",
        "An org's name becomes part of table names.",
        "Rename the section, for example `eu_prod`.",
    ),
    (
        "There is no org",
        "`--org` names a section that is not in the configuration.",
        "Use one of the names in the message, or add the section.",
    ),
    (
        "log in to the same org",
        "Two sections lead to one org.",
        "Remove one of the two sections.",
    ),
    (
        "rows are merged on it|key column … is gone",
        "A key column is gone or renamed.",
        "Give it its name back, or drop the table: the next run makes it again.",
    ),
    (
        "cannot be mended|cannot repair them",
        "The run tried to make a missing table or column again, and the database refused.",
        "Remove what depends on the table, or grant the right that the message names.",
    ),
    (
        "role of the destination|database role may not",
        "`check` tried to create and write, and the database refused.",
        "Grant the right that the message names.",
    ),
    (
        "(asks|needs) a SQL database",
        "The command needs SQL. Files have none.",
        "Read the files of the table `runs`.",
    ),
    (
        "--keep-working-dir",
        "The folder holds the working directory of an earlier run.",
        "Name a new folder.",
    ),
    (
        "--verbose to see where",
        "An error for which this program has no sentence of its own; its words come first. A database that cannot be"
        " reached looks like this too: `OperationalError: connection to server … failed`.",
        "For a database: check that it runs, and its address. Otherwise run again with `--verbose` and report what you"
        " see. It holds no secret.",
    ),
    (
        "cannot be reached or is in use",
        "The destination did not answer. Exit code 2 where the reason is a password, a role or a missing database.",
        "Check that the destination runs, and its credentials.",
    ),
    (
        "refused the load",
        "The destination answered with an error; its words follow. Exit code 2 where trying again cannot help, such as"
        " a foreign key, a missing right or too little memory.",
        "Follow the advice behind the reason. Without one: run again.",
    ),
    (
        "^… No rows are lost: the next run",
        'Added to a sentence about the destination or a file, such as "No space left on device".',
        "See the sentence before it.",
    ),
    (
        "retired orgs only|Nothing was loaded into",
        "`status` finds no run.",
        "Run `salesforce-jobs load`. Check the folder, `--destination` and `--dataset`.",
    ),
    (
        "^Missing in dataset",
        "`check` misses a table, a column or rows.",
        "Run `salesforce-jobs load`, or restore a backup.",
    ),
    (
        "Another run of",
        "Two runs of one org at the same time. This one did nothing.",
        "Nothing, if it is rare. Otherwise give each org one schedule, with more time between runs.",
    ),
    (
        "Stopped.",
        "Ctrl-C, or SIGTERM from a scheduler.",
        "Nothing. If a scheduler stops runs: give them more time.",
    ),
    (
        "is not a column of this program",
        "Somebody added a column to one of our tables.",
        "Move its values to a table of your own.",
    ),
    (
        "dlt appends",
        "Files cannot be merged.",
        "Take the newest row of each job, or use a database.",
    ),
)
