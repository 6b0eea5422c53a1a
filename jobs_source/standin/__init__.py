"""
A working stand-in Salesforce org on loopback, for tests, demos and benchmarks: both Bulk APIs, queries,
logins, misbehaviour.

    with StandIn(jobs=2500, seed=7) as standin:
        ...  # standin.url, standin.org.issue_token(), standin.misbehave("html", path="jobs/ingest")

`python -m jobs_source.standin` runs one alone. It imports nothing from the rest of the project, so that it does not
repeat a mistake made there.

It has three rooms. `org` is the state, `api` turns a request into a response, `server` has the sockets and the faults.
Imports go down only: from server to api to org.
"""

from jobs_source.standin.org.clock import Clock
from jobs_source.standin.org.org import Org
from jobs_source.standin.server.faults import Fault
from jobs_source.standin.server.server import StandIn

__all__ = ["Clock", "Fault", "Org", "StandIn"]
