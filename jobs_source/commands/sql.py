"""`sql`: asks the dataset read-only, and prints a table, CSV or JSON."""

import argparse
import sys

from jobs_source.commands.output import print_csv, print_json, print_table
from jobs_source.runner.query import asking


def sql(options: argparse.Namespace) -> None:
    """
    Run one query, or that on standard input where it is `-`, and print what it gives as a table, CSV or JSON.

    Raises:
        QueryError: If it is not one query that only reads, or the database refuses it.
        ConfigError: If the destination is no SQL database.
        NothingLoadedError: If nothing was loaded there yet.
    """
    raw = sys.stdin.read() if options.query == "-" else options.query
    text = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # the system's encoding may be a poor one
    form = "json" if options.json else options.format
    with asking(text, options.destination, options.dataset) as answer:
        options.json = False  # rows come first on standard output: an error after them is no part of their JSON
        {"table": print_table, "csv": print_csv, "json": print_json}[form](answer.columns, answer.chunks)
