"""What real clients in this process are given."""

from typing import Any

import pytest

from jobs_source.standin import Clock, StandIn
from tests.conftest import START


@pytest.fixture
def secure(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A stand-in over https, which `requests` trusts. Its jobs are done at once."""
    with StandIn(https=True, clock=Clock(START), seed=4) as standin:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(standin.certificate_path))
        standin.org.in_progress_after_seconds = standin.org.complete_after_seconds = 0
        yield standin
        assert standin.unexpected == []
