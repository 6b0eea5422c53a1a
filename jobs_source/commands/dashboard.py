"""`dashboard`: shows what is kept in a browser, until it is stopped."""

import argparse
import os
import signal
import webbrowser

import jobs_source.dashboard.page  # noqa: F401 - what pages import is there before the first one is asked for
from jobs_source.commands.exit_codes import INTERRUPTED
from jobs_source.dashboard.database import opening_database
from jobs_source.dashboard.org_choice import find_org
from jobs_source.dashboard.place import Place, choose
from jobs_source.dashboard.serve import serve
from jobs_source.exceptions import ConfigError, SalesforceJobsError


def dashboard(options: argparse.Namespace) -> int:
    """
    Serve the dashboard until Ctrl-C.

    Raises:
        ConfigError: If the destination or the org cannot be, it cannot listen on that host and port, or the token
            cannot be read.
    """
    choose(Place(options.destination, options.dataset, _find_org(options)))

    def say(address: str) -> None:
        print(f"The dashboard is at {address}\nStop it with Ctrl-C.", flush=True)
        if options.open:
            webbrowser.open(address)

    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn calls it when it has shut down; Python itself would wait for marimo's threads, which wait for pages.
        signal.signal(number, lambda *_: os._exit(INTERRUPTED))
    serve(options.host, options.port, options.token_file, options.public_host, say)
    return 0


def _find_org(options: argparse.Namespace) -> str:
    """Find the org that is chosen at first. What may pass by itself, such as a file without rows yet, the page says."""
    try:
        with opening_database(options.destination, options.dataset, "dashboard") as database:
            return find_org(database, options.org, f"{options.dataset} of {options.destination}") if options.org else ""
    except ConfigError:
        raise
    except SalesforceJobsError:
        return options.org or ""
