"""The values that options take: each function reads one, and `argparse` says what is wrong with it."""

import argparse
from pathlib import Path
from typing import Final

_MOST_HOURS: Final = 1_000_000  # more than a century


def name(text: str) -> str:
    """Read a name, which is not empty."""
    if not text.strip():  # an unset shell variable, say; dlt would pick its own name
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def port(text: str) -> int:
    """Read the number of a port; 0 is one too."""
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port, which is a number from 0 to 65,535")
    return int(text)


def folder(text: str) -> Path:
    """Read a path, which is not empty."""
    return Path(name(text))  # an empty one would be the current folder


def hours(text: str) -> float:
    """Read a number of hours, which need not be whole."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= _MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hours from 0 to {_MOST_HOURS:,}, such as 26")
    return number
