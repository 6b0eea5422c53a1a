"""Where there is no npm, the tests of Node's clients say so."""

from pathlib import Path

import pytest

from tests.real_clients.node_packages import install_node_packages


def test_skipped_without_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are skipped, with the reason that `make test-long` shows."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="no npm on this machine: sf and jsforce cannot be installed"):
        install_node_packages()
