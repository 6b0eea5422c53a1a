"""Links on a page lead to the org and nowhere else."""

from typing import Optional
from urllib.parse import quote, urlsplit


def safe_link(url: Optional[str]) -> Optional[str]:
    """Give *url* with what could end it written as %XX; None if a browser would not open it as a page of the web."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return quote(url, safe=":/?&=%@", errors="replace") if parts.scheme in ("http", "https") and parts.netloc else None
