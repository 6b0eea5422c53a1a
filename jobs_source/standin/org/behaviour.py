"""How the org behaves if Salesforce does not document it, or if a test wants it slower, stricter or smaller."""

from collections.abc import Callable
from time import time

from jobs_source.standin.org.jobs import Job
from jobs_source.standin.org.objects import NAMES
from jobs_source.standin.org.result_rows import Table


class Behaviour:
    """
    Switches of an org; set them on it at any time.

    Attributes:
        page_size: Jobs on one page of a listing.
        result_page_size: Records in one part of a query's result, unless the client asks for fewer.
        ingest_result_page_size: Records in one part of the results of an ingest job. None: all in one, without a
            locator, and no client can ask for parts.
        failed_rows: Given a job, the whole of its `failedResults`, columns and rows, or None to leave it as it is. The
            rows may come one by one, as many as it takes.
        shifting: Whether a listing is cut anew for each page, so that a changed job may move to another page.
        ingest_shows_query_jobs: Whether an unfiltered `jobs/ingest` has jobs of type V2Query too.
        locator_keeps_filter: Whether the link to the next page and the locator keep the filters.
        locator_form: What a locator says: `offset` (entries before the page), `pages` (pages before it), `drifting`
            (the offset, but one more from the third page on), or `opaque` (nothing).
        locators_answered: Which locators are answered: `any` of a walk, only those that were `named` by a page, only
            the `last` one that was named; or any, but with the `next` page whatever they say. With `echo` the link
            then goes on from what was asked for.
        past_end: The answer to an offset past the last page that no page has named: `empty`, `refused` or `broken`
            (status 500).
        query_locator_path: The path in the link to the next page of `jobs/query`.
        last_page_locator: The `nextRecordsUrl` of the last page: `null`, `absent` or `empty`.
        shows_all_users: Whether listings have other users' jobs.
        answers_for_classic: Whether Get Job Info knows jobs of the Bulk API 1.0.
        bulk_1_format: What the Bulk API 1.0 answers in: `asked` (XML, or JSON if the request is declared as that),
            `job` (JSON for jobs with that content type), or `xml` or `json` always. Results of batches have the format
            of their job.
        bulk_1_nulls: Whether JSON there has names without a value.
        bulk_1_session_status: The status of `InvalidSessionId` there: 400 or 401.
        bulk_1_gone_status: The status of `InvalidJob` for a job that is gone: 400 or 404.
        bulk_1_off: The status with which everybody is refused there (`FeatureNotEnabled`), or None if it is on.
        bulk_1_says_limits: Whether answers there have `Sforce-Limit-Info`.
        bulk_1_answers_for_v2: Whether it knows jobs of the Bulk API 2.0.
        batches_stamp_job: Whether a closed Classic job gets a new stamp when its last batch ends.
        others_jobs_refused: The status with which both APIs refuse look-ups of other users' jobs (`InvalidUser`), or
            None if they answer.
        query_page_size: Records in one answer to a query over REST, unless the client asks for fewer.
        users_refused: The `errorCode` with which queries of users are refused, or None: `INVALID_TYPE` or
            `INSUFFICIENT_ACCESS`; with `INVALID_FIELD` it is only their profile.
        can_view_setup: Whether the user may ask for the org's limits.
        newest_version: The newest API version.
        compresses: Whether answers are compressed for clients that accept it.
        api_used: API calls of the last 24 hours.
        api_limit: How many there may be.
        objects: The names of the objects that the org has; add those of your own.
        in_progress_after_seconds: How long a job made over the API stays `UploadComplete`.
        complete_after_seconds: How long it then stays `InProgress`.
        fail_rows: Given an uploaded row, the error it fails with, such as `DUPLICATE_VALUE:duplicate value`, or None.
        instance_url: The address in the answer to a login.
        rotate_refresh_tokens: Whether a refresh token works only once.
        require_client_secret: Whether a refresh needs the client secret.
        omit_identity: Whether token replies lack `id`.
        jwt_clock: The time in seconds that a JWT's expiry is compared with; real time, because clients use it.
    """

    def __init__(self) -> None:
        self.page_size = 1000
        self.result_page_size = 50_000
        self.ingest_result_page_size: int | None = None
        self.failed_rows: Callable[[Job], Table | None] | None = None
        self.shifting = False
        self.ingest_shows_query_jobs = False
        self.locator_keeps_filter = False
        self.locator_form = "offset"
        self.locators_answered = "any"
        self.past_end = "empty"
        self.query_locator_path = "jobs/ingest"
        self.last_page_locator = "null"
        self.shows_all_users = True
        self.answers_for_classic = True
        self.bulk_1_format = "asked"
        self.bulk_1_nulls = True
        self.bulk_1_session_status = 400
        self.bulk_1_gone_status = 400
        self.bulk_1_off: int | None = None
        self.bulk_1_says_limits = True
        self.bulk_1_answers_for_v2 = False
        self.batches_stamp_job = False
        self.others_jobs_refused: int | None = None
        self.query_page_size = 2000
        self.users_refused: str | None = None
        self.can_view_setup = True
        self.newest_version = 68
        self.compresses = True
        self.api_used = 0
        self.api_limit = 100_000
        self.objects = set(NAMES)
        self.in_progress_after_seconds = 1.0
        self.complete_after_seconds = 2.0
        self.fail_rows: Callable[[dict[str, str]], str | None] | None = None
        self.instance_url = "https://standin.my.salesforce.com"
        self.rotate_refresh_tokens = False
        self.require_client_secret = False
        self.omit_identity = False
        self.jwt_clock: Callable[[], float] = time
