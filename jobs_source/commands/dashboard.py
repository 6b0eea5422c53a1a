"""`dashboard`: shows what is kept in a browser, until it is stopped."""

import argparse
import webbrowser

from jobs_source.dashboard.place import Place, choose
from jobs_source.dashboard.serve import serve


def dashboard(options: argparse.Namespace) -> int:
    """
    Serve the dashboard until Ctrl-C.

    Raises:
        ConfigError: If it cannot listen on that host and port, or the token cannot be read.
    """
    choose(Place(options.destination, options.dataset, options.org or ""))

    def say(address: str) -> None:
        print(f"The dashboard is at {address}\nStop it with Ctrl-C.", flush=True)
        if options.open:
            webbrowser.open(address)

    serve(options.host, options.port, options.token_file, options.public_host, say)
    return 0
