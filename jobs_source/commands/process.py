"""The process around a command: signals, what Python drops, garbage, and the exit code."""

import gc
import os
import signal
import sys
from io import TextIOWrapper
from typing import NoReturn

from jobs_source.commands.arguments import parse
from jobs_source.commands.exit_codes import CUT_OFF, FAILED, INTERRUPTED, MISCONFIGURED
from jobs_source.commands.parser import run_command


def run() -> NoReturn:
    """Be the process: stop when told to, and end with the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack some characters
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until dlt is there, which has to be told
    try:
        code = _run()
        if sys.stdout:  # None if the caller has closed it
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        code = _drop_output(error)
    sys.exit(code)


def _drop_output(error: OSError) -> int:
    """Go on without the output, which cannot be written: Python would complain again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # whoever reads our output has seen enough
        return CUT_OFF
    print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
    return FAILED


def _run() -> int:
    try:
        options = parse()
    except SystemExit as end:  # --help, --version, or an option that there is not
        return int(end.code or 0)
    if options.name == "standin":  # it needs no dlt, and stops in its own way
        return run_command(options)
    os.environ.setdefault("RUNTIME__INTERCEPT_SIGNALS", "false")  # dlt forgets those that come after its last look
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # dlt reads it before any default of ours
    try:
        _import_dlt(stays=options.name == "load")
    except ImportError as error:  # a package is missing, too old or too new
        print(error, file=sys.stderr)
        return MISCONFIGURED
    for number in (signal.SIGINT, signal.SIGTERM):  # schedulers stop a run with the latter
        signal.signal(number, _stop)
    sys.unraisablehook = _tell_dropped
    return run_command(options)


def _import_dlt(stays: bool) -> None:
    """
    Import dlt without a search for garbage. If it *stays*, no later search looks through it either.

    That is a seventh of a small load (benchmarks/NOTES.md). DuckDB takes frozen objects for leaks and lists them at
    exit: after the other commands, and after a load if DuckDB was imported before dlt.
    """
    gc.disable()
    import jobs_source.dlt_compat  # noqa: F401

    if stays and "duckdb" not in sys.modules:
        gc.freeze()
    gc.enable()


def _stop(number: int, frame: object) -> None:
    """End at once; where Python drops the exception, as it does in a `__del__`, dlt ends the run when it looks next."""
    from jobs_source.dlt_compat import request_stop

    request_stop(number)
    raise KeyboardInterrupt


def _tell_dropped(dropped: "sys.UnraisableHookArgs") -> None:
    if not isinstance(dropped.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
