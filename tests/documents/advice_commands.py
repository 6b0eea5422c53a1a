"""What the sentences about `sql`, `purge` and the use as a dlt source mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "There is no query|takes one query at a time|takes one SELECT query",
        "`sql` runs exactly one query that reads.",
        "Give it one `select`. To change rows use your database's own client.",
    ),
    (
        "be sure that the query only reads",
        "`sql` cannot make sure that this query only reads.",
        "Write the query more simply, or use your database's own client.",
    ),
    (
        "database could not answer",
        "The connection broke, or the database is too busy; its own words follow.",
        "Run it again later. If it does not get better: ask the one who runs the database.",
    ),
    (
        "a time that Python cannot hold",
        "Databases have years before 1 and after 9999.",
        "Cast the column, such as `cast(x as text)`.",
    ),
    (
        "a capital letter and its small letter for the same",
        "Ids that differ only in capitals are different ids, but not to this database.",
        "Delete the rows in your database's own client.",
    ),
    (
        "database refuses the query",
        "The query reached the database; its own words follow.",
        "Correct the query: `docs/tables.md` has the names of tables and columns. Or grant the right to read them.",
    ),
    (
        "[Aa]n item is an Arrow table",
        "A function for single rows was given to a resource, and its items are Arrow tables of many jobs.",
        "Use the form that the message shows.",
    ),
    (
        "merge_key|primary_key|hard_delete|dedup_sort|incremental of",
        "A hint for a table of jobs. With it a load would delete jobs, miss changes or keep jobs twice.",
        "Leave the hint out, or follow the message.",
    ),
    (
        "would lose or duplicate rows",
        "This write disposition does not fit a source that leaves out unchanged jobs.",
        "Use one of those that the message names.",
    ),
    (
        r"is no id of an?|is not an? .*\bid\b",
        "The id has the wrong length, the wrong first letters, or letters whose case was changed.",
        "Copy it from the column `org_id` or `created_by_id`.",
    ),
    (
        "The Python package",
        "Something that this program needs was removed, or not installed.",
        "Install the program again, best into a new environment.",
    ),
    (
        "is not from a demo",
        "The demo replaces its own file of this name only.",
        "Move your file away, or run the demo in an empty folder.",
    ),
    (
        "would stay hidden",
        "`purge` writes the DuckDB file again, so that nothing deleted stays in it. Something in the file, or its disk,"
        " prevents this.",
        "Do what the message says, then purge again.",
    ),
    (
        "so nothing was deleted",
        "A load runs, and `purge` does not work beside it.",
        "Wait until the load has ended.",
    ),
    (
        "^--days",
        "A period of no days, or of more than ten years.",
        "Give a number of days in these limits.",
    ),
)
