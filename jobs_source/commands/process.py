"""
The process around a command: signals, what Python drops, garbage, and the exit code.

It imports little: until `run` begins, Ctrl-C ends in a traceback of Python's.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Callable
from io import TextIOWrapper
from typing import Any, NoReturn, Union

from jobs_source.commands.exit_codes import CUT_OFF, FAILED, INTERRUPTED, MISCONFIGURED
from jobs_source.commands.pipes import drop, is_cut_off, is_stuck


def run() -> NoReturn:
    """Be the process: stop when told to, and end with the exit code."""
    atexit.register(_hear, signal.SIG_IGN)  # the last one that is called; Python itself would forget our handlers
    _hear(lambda *_: os._exit(INTERRUPTED))  # while modules are imported there is nothing to tidy up
    _replace_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack some characters
    try:
        code = _run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except OSError as error:
        code = _drop_output(error)
    _hear(lambda *_: os._exit(code))  # all is done: a signal ends the process sooner, and changes nothing else
    sys.exit(code)


def _replace_closed() -> None:
    """Give to nobody what nobody listens to, or the next file that is opened would get what is written there."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123


def _hear(handler: Union[Callable[[int, Any], Any], signal.Handlers]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # schedulers stop a run with the latter
        signal.signal(number, handler)


def _drop_output(error: OSError) -> int:
    """Go on without the output, which cannot be written."""
    if isinstance(error, BrokenPipeError):  # whoever reads our output has seen enough
        for stream in filter(is_cut_off, (sys.stdout, sys.stderr)):
            drop(stream)
        return CUT_OFF
    drop(sys.stdout)
    print(f"The output cannot be written: {error.strerror}.", file=sys.stderr)
    return FAILED


def _run() -> int:
    from pathlib import Path

    from jobs_source.commands.arguments import parse
    from jobs_source.commands.parser import run_command

    try:
        options = parse()
    except SystemExit as end:  # --help, --version, or an option that there is not
        return int(end.code or 0)
    if options.name == "standin":  # it needs no dlt, and stops in its own way
        return run_command(options)
    os.environ.setdefault("RUNTIME__INTERCEPT_SIGNALS", "false")  # dlt forgets those that come after its last look
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")  # dlt reads it before any default of ours
    try:
        Path.cwd()  # dlt looks for its configuration there
        _import_dlt(stays=options.name == "load")
    except ImportError as error:  # a package is missing, too old or too new
        print(error, file=sys.stderr)
        return MISCONFIGURED
    except FileNotFoundError:
        print("The current folder does not exist any more. Change to another folder.", file=sys.stderr)
        return MISCONFIGURED
    _hear(_stop)
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
    """
    End at once; where Python drops the exception, as it does in a `__del__`, dlt ends the run when it looks next.

    An output that nobody reads is dropped: to write to it would never end.
    """
    from jobs_source.dlt_compat import request_stop

    for stream in filter(is_stuck, (sys.stdout, sys.stderr)):
        drop(stream)
    request_stop(number)
    raise KeyboardInterrupt


def _tell_dropped(dropped: "sys.UnraisableHookArgs") -> None:
    if not isinstance(dropped.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
