"""`sql`: asks the dataset read-only, and prints a table, CSV or JSON."""

import sys

from jobs_source.commands.output import print_csv, print_json, print_table
from jobs_source.runner.query import asking


def sql(query: str, form: str, destination: str, dataset: str) -> None:
    """
    Run one *query*, or that on standard input where it is `-`, and print what it gives in a *form*: table, csv or json.

    Raises:
        QueryError: If it is not one query that only reads, or the database refuses it.
        ConfigError: If *destination* is no SQL database.
        NothingLoadedError: If nothing was loaded there yet.
    """
    raw = sys.stdin.read() if query == "-" else query
    text = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # the system's encoding may be a poor one
    show = {"table": print_table, "csv": print_csv, "json": print_json}[form]
    with asking(text, destination, dataset) as answer:
        show(answer.columns, answer.chunks)
