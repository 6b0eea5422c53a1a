"""What the sentences about `sql`, `purge` and the use as a dlt source mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "There is no query|takes one query at a time|only reads",
        "`sql` runs exactly one query that reads.",
        "Give it one `select`. To change rows use your database's own client.",
    ),
    (
        "runs nothing on this destination",
        "`sql` cannot make sure that this query only reads.",
        "Write it more simply, or use your database's own client.",
    ),
    (
        "database could not answer|database refuses the query",
        "The query reached the database; its own words follow.",
        "Correct the query. `docs/tables.md` has the names of tables and columns.",
    ),
    (
        "An item is an Arrow table",
        "A function for single rows was given to a resource, and its items are Arrow tables of many jobs.",
        "Use the form that the message shows.",
    ),
    (
        "would lose or double rows",
        "This write disposition does not fit a source that leaves out unchanged jobs.",
        "Use one of those that the message names.",
    ),
)
