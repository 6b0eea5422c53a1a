"""`standin`: a stand-in org on loopback, for tests and for trying things out."""

from collections.abc import Sequence

from jobs_source.standin.__main__ import main


def standin(arguments: Sequence[str], program: str) -> None:
    """Run `python -m jobs_source.standin` with *arguments*; help and errors call it *program*."""
    main(arguments, program)
