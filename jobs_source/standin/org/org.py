"""
The stand-in org's state, without any HTTP. Facts: "Get All Jobs" and its neighbours in the Bulk API 2.0 guide,
https://developer.salesforce.com/docs/platform/api-asynch/guide/get-all-jobs.html

If Salesforce does not document how it behaves, `Behaviour` has a switch.
"""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from jobs_source.standin.org.behaviour import Behaviour
from jobs_source.standin.org.clock import Clock
from jobs_source.standin.org.cursors import Cursors
from jobs_source.standin.org.details import describe
from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.errors import not_found
from jobs_source.standin.org.identity import Identity
from jobs_source.standin.org.ids import make_id, to_18
from jobs_source.standin.org.jobs import Job, RawEntry
from jobs_source.standin.org.people import organization_record, user_record
from jobs_source.standin.org.progress import advance
from jobs_source.standin.org.records import Records
from jobs_source.standin.org.seed import Seeder
from jobs_source.standin.org.selection import Selections, Wanted
from jobs_source.standin.org.walks import Walks


class Org(Behaviour, Identity):
    """
    An org with bulk jobs. Threads may share it.

    Args:
        jobs: Number of jobs in the last week.
        seed: Same seed, clock and calls: same jobs, ids, users and app. Access tokens and keys differ.
        clock: The org's time; the real one if left out.
        org_id: 18 characters, made from *seed* if left out.
    """

    def __init__(self, jobs: int = 0, seed: int = 0, clock: Clock | None = None, org_id: str | None = None) -> None:
        self.clock = clock or Clock()
        self._seeder = Seeder(seed)
        Behaviour.__init__(self)
        org_id = org_id or make_id("00D", make_random("org", seed).randrange(62**5, 62**6))
        Identity.__init__(self, self.clock, org_id, self._seeder.users, seed)
        self.lock = RLock()
        self.jobs: dict[str, Job] = {}
        self.raw_entries: dict[str, list[RawEntry]] = {}
        self.records = Records(seed)
        self.records.keep("User", map(user_record, self.users))
        self.cursors = Cursors()
        self.records.keep("Organization", [organization_record(org_id)])
        self._moving: dict[str, Job] = {}
        self._selections = Selections(self.clock, self, self.jobs, self.raw_entries)
        self.walks = Walks(self.clock, self, self._selections, seed)
        if jobs:
            self.add_jobs(jobs)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Lock the org with all jobs up to date, and make all listings anew afterwards."""
        with self.lock:
            self.settle()
            self._selections.forget()
            yield

    def settle(self) -> None:
        """Bring jobs that were made over the API up to date."""
        if not self._moving:
            return
        now_ms = self.clock.now_ms()
        for job in tuple(self._moving.values()):
            before = job.state, job.stamped_ms
            if advance(job, now_ms, self.records, self):
                self._moving.pop(job.id, None)
            if (job.state, job.stamped_ms) != before:
                self.touch(job)

    def follow(self, job: Job) -> None:
        """Keep a job that the API has made or changed, and move it on as time goes by."""
        self.jobs[job.id] = job
        self._moving[job.id] = job
        self.touch(job)

    def touch(self, job: Job) -> None:
        """Show the job as it is now, at another place of listings that shift."""
        self._selections.forget()
        job.place = self._seeder.next_place()
        job.render()

    def new_job_id(self) -> str:
        """Return an id that no job has."""
        return self._seeder.next_id()

    def add_jobs(self, n: int, **fields: Any) -> list[str]:
        """
        Make *n* jobs and return their ids, oldest first.

        *fields* replace what the seed would give: `job_type="V2Ingest"`, `state="Open"`, `created=datetime(...)`,
        `system_modstamp=...`, `object=None`. A name that the API does not know becomes a new key.
        """
        with self.changing():
            # With a million new objects, the garbage collector would check all of them again and again.
            collects = gc.isenabled()
            gc.disable()
            try:
                made = self._seeder.make_jobs(n, self.clock.now_ms(), fields)
            finally:
                if collects:
                    gc.enable()
            self.jobs.update((job.id, job) for job in made)
            return [job.id for job in made]

    def add_users(self, n: int) -> list[str]:
        """Make *n* users and return their ids."""
        with self.lock:
            made = self._seeder.make_users(n, len(self.users))
            self.users += tuple(made)
            self.records.keep("User", map(user_record, made))
            return [user.id for user in made]

    def change_user(self, id: str, **fields: Any) -> None:
        """Change a user: `name`, `username`, `profile` (None for one without), `is_active`."""
        with self.lock:
            self.users = tuple(user._replace(**fields) if user.id == id else user for user in self.users)
            self.records.keep("User", [user_record(self.user(id))])

    def change_job(self, id: str, **fields: Any) -> None:
        """Change a job; `system_modstamp` is now unless given. Names are those of `add_jobs`."""
        with self.changing():
            job = self.jobs[id]
            job.stamped_ms = self.clock.now_ms()
            job.change(fields)
            self.touch(job)

    def delete_job(self, id: str) -> None:
        """Delete a job: it is gone from listings at once."""
        with self.changing():
            self.jobs.pop(id).listed = False
            self._moving.pop(id, None)

    def add_raw_entry(self, obj_or_raw_bytes: Any, listing: str = "ingest") -> None:
        """Put an odd entry into a listing: bytes are sent unchanged, anything else as JSON. Filters do not hide it."""
        is_raw = isinstance(obj_or_raw_bytes, bytes)
        row = obj_or_raw_bytes if is_raw else json.dumps(obj_or_raw_bytes).encode()
        with self.changing():
            self.raw_entries.setdefault(listing, []).append(RawEntry(row, self._seeder.next_place()))

    def listed(
        self, listing: str, job_type: str | None = None, is_pk_chunking_enabled: bool | None = None
    ) -> list[dict[str, Any]]:
        """Return the rows that a walk without changes would show, in any order. Raw entries are left out."""
        with self.lock:
            self.settle()
            entries = self._selections.select(Wanted(listing, job_type, is_pk_chunking_enabled))
            return [entry.fields() for entry in entries if isinstance(entry, Job)]

    def job(self, id: str) -> Job:
        """Return a job by its id of 15 or 18 characters. Raises `ApiError` (404) if there is none, or no longer."""
        with self.lock:
            self.settle()
            job = self.jobs.get(to_18(id) if len(id) == 15 else id)
            if job is None or job.leaves_ms <= self.clock.now_ms():
                raise not_found()
            return job

    def job_info(self, id: str) -> dict[str, Any]:
        """Return the answer of Get Job Info for a job."""
        with self.lock:
            return describe(self.job(id))
