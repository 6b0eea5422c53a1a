"""Failed results of any length are read in flat memory."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jobs_source.standin import StandIn
from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.result_rows import Table
from tests.conftest import with_our_code

COLUMNS = ("sf__Id", "sf__Error", "LastName", "Note__c")
BYTES_OF_ROW = 2_000
FLAT = 8 * 2**20  # bytes more than for a small job
READ = """
import json, resource, sys
from jobs_source.rows.failed_csv import FailedCsv
from jobs_source.salesforce.client import Client, Retries
from jobs_source.salesforce.credentials import TokenCredentials
from jobs_source.salesforce.failed_results import read_failed_results

url, token, *jobs = sys.argv[1:]
credentials = TokenCredentials(instance_url=url, access_token=token)
client = Client(credentials, max_api_usage_percent=90, timeout_seconds=60, retries=Retries(1, 0, 0))
for job in jobs:
    (counts,) = read_failed_results(client, "64.0", job, FailedCsv().read)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([kilobytes * 1024, counts.total(), sorted(map(list, counts))]))
"""


def rows(number: int) -> Iterator[tuple[str, ...]]:
    for it in range(number):
        note = f'{it} "{it}", {it * 7919}\n' * 60
        yield "", f"INVALID_EMAIL_ADDRESS:Email: {it}@:LastName --", f"Name {it}", note[: BYTES_OF_ROW - 100]


@pytest.mark.parametrize("compresses", [True, pytest.param(False, marks=pytest.mark.long)], ids=["gzip", "plain"])
@pytest.mark.parametrize("megabytes", [16, pytest.param(500, marks=pytest.mark.long)])
def test_memory_is_flat(megabytes: int, compresses: bool, standin: StandIn) -> None:
    """Compressed or not, a job with millions of bytes of failed records takes as much as a small one."""
    kind = {"job_type": "V2Ingest", "operation": "insert", "state": "JobComplete", "column_delimiter": "COMMA"}
    small, large = standin.org.add_jobs(2, line_ending="LF", **kind)
    numbers = {small: 500, large: megabytes * 1_000_000 // BYTES_OF_ROW}

    def failed(job: Job) -> Table:
        return Table(COLUMNS, rows(numbers[job.id]))

    standin.org.failed_rows = failed
    standin.org.compresses = compresses
    command = [sys.executable, "-c", READ, standin.url, standin.org.issue_token(), small, large]
    done = subprocess.run(command, env=with_our_code(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (before, few, keys), (after, many, keys_of_many) = map(json.loads, done.stdout.splitlines())
    assert (few, many) == (numbers[small], numbers[large])
    assert keys == keys_of_many == [["INVALID_EMAIL_ADDRESS", "LastName"]]
    assert after - before < FLAT
