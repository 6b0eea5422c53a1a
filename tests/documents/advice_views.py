"""What the sentences about the views mean, and what to do. None of them says that a load has failed."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "so the view of that name was not made",
        "The dataset has a view or table of yours with the name of one of our views. It was not touched.",
        "Give yours another name. Until then that one view is missing, and nothing else.",
    ),
    (
        "so the views show no rows of it",
        "Somebody dropped a table of this dataset. The views read it as if it were empty.",
        "Do what the message says. Then call `create_views` again, or run `load`.",
    ),
    (
        "could not be made or changed",
        "The database refused the view, for the reason in the message. The old one, if there is one, is as it was.",
        "Drop a view of yours that is on top and make it again afterwards, or grant the missing right. Readers that"
        " hold the view for more than five seconds only delay it: the next run tries again.",
    ),
    (
        "views could not be looked at",
        "The database refused the query for the views that are there.",
        "The reason is in the message, such as a missing right. The next run tries again.",
    ),
    (
        "could not be emptied before",
        "A refresh drops a table that a view of ours reads. Postgres refuses that until the view reads it no more.",
        "If the run fails, drop the view and run again; `create_views` makes the view anew. Grant its rights again.",
    ),
)
