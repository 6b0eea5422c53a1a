"""What the sentences about the command, the destination and its tables mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "needs more memory",
        "Added to another sentence: DuckDB has too little memory for this load.",
        "Set the environment variable that the message shows, with a larger `memory_limit`.",
    ),
    (
        "There is no destination|destination_type that does not exist",
        "dlt knows no destination of this name.",
        "Use the name in the question. A name of your own needs `destination_type` in its section.",
    ),
    (
        "needs the Python package",
        "The driver of the destination is not installed.",
        "Run the command of the message. It fits the way this program was installed: pip, pipx or uv.",
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
        "The destination lacks",
        "Keys of the destination are missing, or the command runs in another folder than the one with `.dlt`.",
        "Put them where the message says.",
    ),
    (
        "still holds a placeholder. Put",
        "A key has a text such as `<configure me>`, `...` or `USER:PASSWORD@HOST`, which nobody has replaced.",
        "Put the real value there.",
    ),
    (
        "which is no storage",
        "`bucket_url` has a scheme that dlt does not know.",
        "Correct the first letters of the address.",
    ),
    (
        "needs an older DuckDB",
        "dlt 1.31 cannot use this destination with DuckDB 2.",
        "Install an older DuckDB, or use another destination.",
    ),
    (
        "because dlt cannot use the name",
        "dlt makes small letters, digits and _ of the name of a dataset.",
        "Look for the tables under the name in the message, or give `--dataset` that name.",
    ),
    (
        "--(retired|org):",
        "No run of this org is in the dataset.",
        "Copy the org id from `salesforce-jobs status`. Check `--destination` and `--dataset`.",
    ),
    (
        "is not supported",
        "The installed dlt lacks something that this program needs.",
        "Install one of the two versions that the message names.",
    ),
    (
        "must not begin with …. Rename",
        "An org of this name would share a schema with the look-ups of another one.",
        "Rename the section, for example `eu_prod`.",
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
        "The end of the message says what to use instead.",
    ),
    (
        "--keep-working-dir",
        "The folder holds the working directory of an earlier run, cannot be written, or dlt cannot work there.",
        "Name a new folder.",
    ),
    (
        "--verbose to see where",
        "An error for which this program has no sentence of its own; its words come first.",
        "Run again with `--verbose` and report what you see. It holds no secret.",
    ),
    (
        "The connection to the destination failed",
        "The destination did not answer, or refused the login; its own words follow. Exit code 2 where the reason is a"
        " password, a role or a missing database.",
        "Check the section that the message names, and that the database can be reached from this machine.",
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
        "only runs of the orgs|Nothing was loaded into",
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
        "made again|had lost rows|This run merged all",
        "A table, a column or rows were gone. This run has repaired that.",
        "Nothing, or restore a backup for rows that Salesforce does not list any more.",
    ),
    (
        "is not a column of this program",
        "Somebody added a column to one of our tables.",
        "Move its values to a table of your own.",
    ),
    (
        "cannot merge, so rows are only added",
        "Files cannot be merged.",
        "Take the newest row of each job, or use a database.",
    ),
)
