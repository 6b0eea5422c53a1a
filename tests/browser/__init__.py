"""The dashboard in a real browser: Debian's Chromium, driven by Playwright. Only with `--browser`."""

import pytest

pytest.register_assert_rewrite("tests.browser.shown")  # so that a failure shows what differs
