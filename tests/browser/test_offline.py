"""The browser of these tests reaches this machine and nothing else."""

import pytest
from playwright.sync_api import Error as PlaywrightError

pytestmark = pytest.mark.browser


def test_a_browser_gets_nowhere(browser):
    page = browser.new_page()
    with pytest.raises(PlaywrightError, match="ERR_PROXY_CONNECTION_FAILED"):
        page.goto("http://192.0.2.1/")  # nobody's address (RFC 5737)
    page.close()
