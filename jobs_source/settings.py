"""Constants, each with its unit and where it comes from."""

from typing import Final

NAME: Final = "salesforce_jobs"  # of the source, the default pipeline and the default dataset
SOURCE_SECTION: Final = "jobs_source"  # of dlt's configuration, below `sources`
CONFIG_SECTION: Final = f"sources.{SOURCE_SECTION}"
CREDENTIALS_SECTION: Final = f"{CONFIG_SECTION}.credentials"
CREDENTIALS_VARIABLE: Final = CREDENTIALS_SECTION.replace(".", "__").upper()  # in the environment, before the key

DEFAULT_API_VERSION: Final = "64.0"
OLDEST_INGEST_API_VERSION: Final = 41.0  # "Get All Jobs" of jobs/ingest exists from here on
OLDEST_QUERY_API_VERSION: Final = 47.0  # and that of jobs/query from here on

INGEST_ENDPOINT: Final = "jobs/ingest"
QUERY_ENDPOINT: Final = "jobs/query"
QUERY_JOB_TYPE: Final = "V2Query"
INGEST_JOB_TYPES: Final = ("BigObjectIngest", "Classic", "V2Ingest")
QUERY_OPERATIONS: Final = ("query", "queryAll")  # of Classic jobs too: they read, and have no failed records
CLASSIC_JOB_TYPE: Final = "Classic"  # of the Bulk API 1.0
FINAL_STATES: Final = ("JobComplete", "Aborted", "Failed", "Closed")

LAG_SECONDS: Final = 600.0
FULL_LOAD_EVERY_HOURS: Final = 24.0
MAX_API_USAGE_PERCENT: Final = 90.0  # of the org's rolling 24-hour allowance of API calls
REQUEST_TIMEOUT_SECONDS: Final = 60.0
RETENTION_DAYS: Final = 7  # how long Salesforce lists a finished job

BATCH_JOBS: Final = 25_000  # jobs in one Arrow table
BATCH_RESULTS: Final = 500  # results of look-ups in one Arrow table
PAGES_AHEAD: Final = 8  # of one listing, asked for at a time
MAX_PAGES_AHEAD: Final = 16
GUESS_AGAIN_AFTER_DAYS: Final = 7  # an org whose pages cannot be guessed is left alone for so long
READ_AHEAD_PAGES: Final = (
    25  # of one listing, fetched while a batch is processed: the next batch. A page has a third of a megabyte
)
MAX_RESULTS_PER_RUN: Final = 2_000  # look-ups
MAX_RESULTS_API_PERCENT: Final = 5.0  # of the org's daily allowance, for look-ups of 24 hours
PARALLEL_LOOKUPS: Final = 8  # look-ups at a time
MAX_PARALLEL_LOOKUPS: Final = 25  # Salesforce allows 25 long calls of an org at a time
SMALLEST_API_LIMIT: Final = 15_000  # API calls a day of the smallest orgs: assumed if Salesforce does not say it
LIST_RESERVE: Final = 0.1  # share of the calls below max_api_usage_percent that look-ups leave to listings
ASK_REFUSED_AGAIN_AFTER_HOURS: Final = 24  # a kind of look-up that the org refuses is left alone for so long
REFRESH_USERS_AFTER_HOURS: Final = 24

WAIT_FOR_PAGE_SECONDS: Final = 0.01  # then another walk has its turn
MAX_CLOCK_ERROR_HOURS: Final = 24.0  # a change stamped this long after the walk began cannot be right

LOGIN_URL: Final = "https://login.salesforce.com"
SANDBOX_LOGIN_URL: Final = "https://test.salesforce.com"
JWT_LIFETIME_SECONDS: Final = 180  # Salesforce takes assertions that expire within 3 to 5 minutes
SF_CLI_TIMEOUT_SECONDS: Final = 60.0
