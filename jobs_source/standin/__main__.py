"""Runs a stand-in org alone: `python -m jobs_source.standin --port 8765 --jobs 2500 --seed 7`."""

import argparse
import errno
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from jobs_source.standin.server.server import StandIn

_PROGRAM = "python -m jobs_source.standin"
_LAST_PORT = 65_535
_MOST_JOBS = 10_000_000  # they are kept in memory
_LONGEST_MS = 3_600_000
_PORT_ERRORS = {errno.EADDRINUSE: "is in use", errno.EACCES: "is for the system's administrator only"}
_CUT_OFF = 141  # what shells report for a closed pipe


def main(arguments: Sequence[str] | None = None, program: str = _PROGRAM) -> None:
    """Serve until Ctrl-C or SIGTERM; *program* is how help and errors call it."""
    parser = _parser(program)
    options = parser.parse_args(arguments)
    try:
        _serve(options)
    except BrokenPipeError:  # nobody reads what it says, as in `standin | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_CUT_OFF)
    except OSError as error:
        said = _PORT_ERRORS.get(error.errno or 0) if error.filename is None else None
        parser.error(f"port {options.port} {said}; --port 0 takes any free one" if said else str(error))
    except ValueError as error:
        parser.error(str(error))


def _serve(options: argparse.Namespace) -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with StandIn(
        jobs=options.jobs,
        seed=options.seed,
        https=options.https,
        shifting=options.shifting,
        latency_ms=options.latency_ms,
        host=options.host,
        port=options.port,
    ) as standin:
        print(_welcome(standin, _write_key(standin, options.write_keys)), flush=True)
        # In short waits, because on Windows an endless wait does not notice Ctrl-C.
        while not stopped.wait(0.5):
            pass
    print(f"Stopped after {len(standin.requests):,} request{'' if len(standin.requests) == 1 else 's'}.")


def _parser(program: str = _PROGRAM) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="A stand-in Salesforce org on loopback: both Bulk APIs and logins.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=8765, help="0 takes any free port (default: %(default)s)")
    parser.add_argument(
        "--jobs", type=_jobs, default=2500, help="number of jobs in the last week (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same jobs (default: %(default)s)")
    parser.add_argument("--https", action="store_true", help="use TLS, with a new certificate")
    parser.add_argument(
        "--latency-ms", type=_milliseconds, default=0, help="milliseconds before every answer (default: 0)"
    )
    parser.add_argument("--shifting", action="store_true", help="let jobs move between the pages of a listing")
    parser.add_argument("--write-keys", type=Path, metavar="DIR", help="keep the private key for JWT logins there")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: that is a number from 0 to {_LAST_PORT}")
    return int(text)


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > _MOST_JOBS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs from 0 to {_MOST_JOBS:,}")
    return int(text)


def _milliseconds(text: str) -> float:
    try:
        milliseconds = float(text)
    except ValueError:
        milliseconds = -1.0
    if not 0 <= milliseconds <= _LONGEST_MS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of milliseconds from 0 to {_LONGEST_MS:,}")
    return milliseconds


def _write_key(standin: StandIn, folder: Path | None) -> Path | None:
    if folder is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "standin-private-key.pem"
    if path.exists():
        standin.org.private_key_pem = path.read_text(encoding="utf-8")
    else:
        path.touch(mode=0o600)
        path.write_text(standin.org.private_key_pem, encoding="utf-8")
    return path


def _welcome(standin: StandIn, key_path: Path | None) -> str:
    org = standin.org
    lines = {
        "instance_url": standin.url,
        "client_id": org.client_id,
        "client_secret": org.client_secret,
        "login_url": standin.url,
        "username": org.username,
        "refresh_token": org.refresh_token,
        "access_token": org.issue_token(),
        "org_id": org.org_id,
    }
    if key_path:
        lines["private_key_path"] = str(key_path.resolve())
    text = "\n".join(f'{name} = "{value}"' for name, value in lines.items())
    end = "" if len(org.jobs) == 1 else "s"
    trust = f"\nREQUESTS_CA_BUNDLE={standin.certificate_path}" if standin.certificate_path else ""
    return (
        f"A stand-in org with {len(org.jobs):,} job{end} listens at {standin.url} until Ctrl-C.\n"
        "Put the first three lines under [sources.jobs_source.credentials] in .dlt/secrets.toml. The others are for the"
        f" other logins.\n\n{text}{trust}\n"
    )


if __name__ == "__main__":
    main()
