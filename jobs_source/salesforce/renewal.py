"""Asks again with a new session if the old one is over."""

from collections.abc import Callable
from typing import TypeVar

from jobs_source.exceptions import SessionExpiredError
from jobs_source.salesforce.client import Client
from jobs_source.salesforce.errors import refused_again
from jobs_source.salesforce.session import Session

T = TypeVar("T")


def with_renewal(client: Client, ask: Callable[[Session], T]) -> T:
    """
    Return what *ask* returns for a session of *client*; if that is over, call it once more, with a new one.

    Raises:
        LoginError: If the session cannot be renewed, or the new one is refused too.
    """
    session = client.session
    try:
        return ask(session)
    except SessionExpiredError:
        client.renew(session)
    try:
        return ask(client.session)
    except SessionExpiredError as error:
        raise refused_again(error) from None
