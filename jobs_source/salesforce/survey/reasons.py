"""Why a question of a survey has no answer. The texts are ours, with codes of Salesforce: they are printed."""

from typing import Final

ODD_ANSWER: Final = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What reading an answer of an unknown shape may raise."""
ODD_SHAPE: Final = "an answer has an unknown shape"


class NotSeenError(Exception):
    """No answer. The text says why."""


class RefusedError(NotSeenError):
    """The org refuses what was asked. The text is its status and code."""


class ServerError(NotSeenError):
    """The server failed at what was asked. The text is its status and code."""
