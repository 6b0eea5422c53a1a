"""Makes a week of jobs as in a busy org: a few integrations, each with its habits, and most jobs recent."""

from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Any, NamedTuple

from jobs_source.standin.org.clock import DAY_MS, to_ms
from jobs_source.standin.org.draws import make_random
from jobs_source.standin.org.ids import make_id
from jobs_source.standin.org.jobs import RETENTION_DAYS, TERMINAL_STATES, Job, Kind, snake

# Half a day short of the retention, so that no seeded job leaves the listing in the middle of a demo.
_OLDEST_MS = RETENTION_DAYS * DAY_MS - DAY_MS // 2
_ID_GAP = 40


class User(NamedTuple):
    """A user that makes jobs."""

    id: str
    name: str
    username: str
    profile: str | None = "System Administrator"
    is_active: bool = True


class Habit(NamedTuple):
    """One kind of job that an integration repeats: how often, by weight, and how many seconds it typically takes."""

    weight: int
    user: int
    seconds: float
    kind: Kind


NAMES = {
    "Integration User": "Salesforce API Only System Integrations",
    "Data Loader": "System Administrator",
    "Billing Connector": "Integration",
    "Marketing Sync": "Integration",
    "Warehouse Export": "Read Only",
    "Nightly Archive": "System Administrator",
}
_XML = {"content_type": "XML", "line_ending": None, "column_delimiter": None}
_ZIP = {**_XML, "content_type": "ZIP_CSV"}
_JSON = {**_XML, "content_type": "JSON"}


def _habit(weight: int, user: int, seconds: float, job_type: str, operation: str, object: str, **more: Any) -> Habit:
    return Habit(weight, user, seconds, Kind(job_type, operation, object, **more))


HABITS = (
    _habit(20, 0, 40, "V2Ingest", "upsert", "Account"),
    _habit(16, 0, 55, "V2Ingest", "upsert", "Contact"),
    _habit(10, 0, 25, "V2Ingest", "update", "Opportunity", api_version=62.0),
    _habit(12, 2, 90, "V2Ingest", "upsert", "Invoice__c", api_version=60.0, line_ending="CRLF"),
    _habit(6, 2, 30, "V2Ingest", "insert", "Payment__c", api_version=60.0, column_delimiter="SEMICOLON"),
    _habit(10, 3, 70, "V2Ingest", "insert", "Lead", api_version=66.0, column_delimiter="PIPE"),
    _habit(5, 3, 20, "V2Ingest", "update", "CampaignMember", api_version=66.0, column_delimiter="TAB"),
    _habit(3, 5, 300, "V2Ingest", "delete", "Task", line_ending="CRLF"),
    _habit(2, 5, 600, "V2Ingest", "hardDelete", "Event"),
    _habit(8, 1, 45, "Classic", "insert", "Account", api_version=45.0, **_XML),
    _habit(5, 1, 120, "Classic", "upsert", "Contact", api_version=45.0, line_ending=None, column_delimiter=None),
    _habit(3, 1, 240, "Classic", "insert", "Attachment", api_version=37.0, concurrency_mode="Serial", **_ZIP),
    _habit(2, 1, 60, "Classic", "update", "Case", api_version=58.0, concurrency_mode="Serial", **_JSON),
    _habit(4, 4, 400, "Classic", "query", "Opportunity", api_version=58.0, is_pk_chunking_enabled=True, **_XML),
    _habit(4, 5, 150, "BigObjectIngest", "insert", "Audit_Entry__b", api_version=63.0),
    _habit(12, 4, 35, "V2Query", "query", "Account", api_version=66.0),
    _habit(9, 4, 60, "V2Query", "query", "Invoice__c", api_version=66.0),
    _habit(5, 4, 200, "V2Query", "queryAll", "Contact", api_version=66.0, is_pk_chunking_enabled=True),
    _habit(3, 1, 15, "V2Query", "query", "User", line_ending="CRLF"),
)


class Seeder:
    """
    Makes jobs, the same ones from the same *seed* and time.

    Attributes:
        users: The users that make them.
    """

    def __init__(self, seed: int) -> None:
        self._random = make_random("jobs", seed)
        self._number = self._random.randrange(62**6, 62**7)
        self._host = f"standin{seed}.example.com"
        self.users = tuple(self._make_user(self._random, name, profile) for name, profile in NAMES.items())
        self._more_users = make_random("more users", seed)

    def make_jobs(self, count: int, now_ms: int, fields: dict[str, Any]) -> list[Job]:
        """Make *count* jobs of the week before *now_ms*, oldest first; *fields* are those that `Job.change` takes."""
        random = self._random.random
        known = {snake(name): value for name, value in fields.items()}
        habits = [habit for habit in HABITS if habit.kind.job_type == known.get("job_type", habit.kind.job_type)]
        picks = self._random.choices(
            habits or HABITS, cum_weights=list(accumulate(habit.weight for habit in habits or HABITS)), k=count
        )
        ages = sorted((int(random() ** 2 * _OLDEST_MS) + 1000 for _ in picks), reverse=True)
        created = known.get("created", known.get("created_date"))
        moments = [to_ms(created)] * count if isinstance(created, datetime) else [now_ms - age for age in ages]
        return [
            self._make_job(habit, created_ms, now_ms, fields) for habit, created_ms in zip(picks, moments, strict=True)
        ]

    def _make_job(self, habit: Habit, created_ms: int, now_ms: int, fields: dict[str, Any]) -> Job:
        random = self._random.random
        ended_ms = created_ms + int(habit.seconds * (300 + 4000 * random() ** 3))
        state = fields.get("state") or _state(habit.kind.job_type, random(), has_ended=ended_ms < now_ms)
        if state == "Open":
            stamped_ms = created_ms
        elif state in TERMINAL_STATES:
            stamped_ms = max(created_ms, min(ended_ms, now_ms))
        else:
            stamped_ms = max(created_ms, min(created_ms + 900 + int(random() * 2000), now_ms))
        job = Job(
            self.next_id(), habit.kind, self.users[habit.user].id, created_ms, stamped_ms, state, self.next_place()
        )
        if fields:
            job.change(fields)
        else:
            job.render()
        return job

    def next_id(self) -> str:
        """Return an id for a new job. Later ids sort higher, with gaps."""
        self._number += 1 + int(self._random.random() * _ID_GAP)
        return make_id("750", self._number)

    def next_place(self) -> int:
        """Return a random place in a listing."""
        return int(self._random.random() * 2**53)

    def make_users(self, count: int, first: int) -> list[User]:
        """Make more users, numbered from *first* on."""
        names = (f"Integration {number}" for number in range(first, first + count))
        return [self._make_user(self._more_users, name, "Integration") for name in names]

    def _make_user(self, random: Random, name: str, profile: str) -> User:
        number = random.randrange(62**5, 62**6)
        username = f"{name.lower().replace(' ', '.')}@{self._host}"
        return User(make_id("005", number), name, username, profile)


def _state(job_type: str, roll: float, has_ended: bool) -> str:
    if not has_ended and job_type == "Classic":
        return "Open"
    if not has_ended:
        return "Open" if roll < 0.2 and job_type != "V2Query" else "UploadComplete" if roll < 0.5 else "InProgress"
    if roll < 0.93:
        return "Closed" if job_type == "Classic" else "JobComplete"
    if roll < 0.975:
        return "Failed"
    return "Open" if roll > 0.995 and job_type == "V2Ingest" else "Aborted"
