"""
What it costs to fetch the pages and do nothing with them, or to parse them and do nothing more.

    python -m benchmarks.network URL urllib3 | requests | parse
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Final, Optional

from benchmarks.server import TOKEN

_PATH: Final = "/services/data/v64.0/jobs/ingest"
_HEADERS: Final = {"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "gzip"}
Fetch = Callable[[str], bytes]


def with_urllib3() -> Fetch:
    """Return a function that gets an address over one connection of urllib3."""
    import urllib3

    pool = urllib3.PoolManager(headers=_HEADERS)
    return lambda url: pool.request("GET", url).data


def with_requests() -> Fetch:
    """Return a function that gets an address in a session of requests, the plain way."""
    import requests

    session = requests.Session()
    session.headers.update(_HEADERS)
    return lambda url: session.get(url).content


def walk(fetch: Fetch, url: str, job_type: str = "") -> Iterator[bytes]:
    """Yield the bodies of all pages. The link is found in the first bytes, where this race's server puts it."""
    link: Optional[str] = _PATH + (f"?jobType={job_type}" if job_type else "")
    while link:
        body = fetch(url + link)
        yield body
        found = re.match(rb'\{"done":(?:true|false),"nextRecordsUrl":"([^"]+)"', body)
        link = found[1].decode() if found else None


def main(url: str, way: str) -> None:
    pages = walk(with_requests() if way == "requests" else with_urllib3(), url)
    if way != "parse":
        print(sum(map(len, pages)))
        return
    import orjson

    print(sum(len(orjson.loads(page)["records"]) for page in pages))


if __name__ == "__main__":
    main(*sys.argv[1:])
