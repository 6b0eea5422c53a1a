"""Who asks an org."""

import pytest

from jobs_source.standin import Clock, Org
from tests.standin.caller import NOON, Caller


@pytest.fixture
def caller() -> Caller:
    return Caller(Org(clock=Clock(NOON, frozen=True)))
