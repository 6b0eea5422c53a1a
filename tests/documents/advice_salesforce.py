"""What the sentences about asking Salesforce mean, and what to do."""

ADVICE: tuple[tuple[str, str, str], ...] = (
    (
        "is not an address|must begin with https|is a browser address",
        "`instance_url` or `login_url` is not usable.",
        "Use `https://NAME.my.salesforce.com`: Setup, My Domain shows it.",
    ),
    (
        "redirects to",
        "The org has another address now, for example after a change of its My Domain. Or a proxy redirects.",
        "Set the key that the message names to the new My Domain. If the new address is not one of Salesforce: ask"
        " your network team.",
    ),
    (
        "answered in place of Salesforce",
        "The page does not come from Salesforce: a gateway, a proxy or a firewall sent it. Or the address is not that"
        " of an org.",
        "Nothing, if the next run works. If the message comes again: check `instance_url` or `login_url`, then ask your"
        " network team to allow the address.",
    ),
    (
        "refused the request",
        "Salesforce refuses what the run asks, for a reason that is in the brackets and will not pass.",
        "Run `salesforce-jobs check` and correct what it names. If it finds nothing: report the message.",
    ),
    (
        "Try … of … failed",
        "A request failed in a way that may pass. The reason is in the brackets. The run waits before the next try.",
        "Nothing. The keys `request_max_attempts` and others under `[runtime]` say how often and how long.",
    ),
    (
        "no such address|not have this address",
        "The API version is too new for the org or retired, or the address is not that of an org.",
        "Run `salesforce-jobs check` and set one of the versions that it shows.",
    ),
    (
        "certificate of … is not trusted",
        "A proxy opens the TLS connection with its own certificate, or the system's certificates are old.",
        "Set `REQUESTS_CA_BUNDLE` to a file with the proxy's certificate.",
    ),
    (
        "No request to … is possible",
        "The file that `REQUESTS_CA_BUNDLE` or `CURL_CA_BUNDLE` names cannot be read.",
        "Correct the path.",
    ),
    (
        "needs the Python package PySocks|is not the address of a proxy",
        "A variable of the environment names a proxy that cannot be used as it is.",
        "Correct or unset the variable that the message names, or install PySocks.",
    ),
    (
        "HTTPS_PROXY names, is no address|… or … is not a valid",
        "The address of the org or of the proxy cannot be an address.",
        "Check `instance_url`, `login_url` and `HTTPS_PROXY`.",
    ),
    (
        "api_version",
        "The API version is written wrong, too old, or not one of this org.",
        'Set for example `api_version = "64.0"`. `salesforce-jobs check` shows the versions of the org.',
    ),
    (
        "is_pk_chunking_enabled|must be a (whole )?number|must be true or false|job_types can be",
        "The value of this key is not one of those that it may have.",
        "Correct it in `.dlt/config.toml` or in the environment.",
    ),
    (
        "query_locator",
        "`query_locator` starts a run in the middle of the list. It is for repairs: Salesforce forgets it after days.",
        "Remove `query_locator`. If you need it, set one of the `job_types` only.",
    ),
    (
        "after one renewal|renewed the session once already",
        "Added to another sentence: a new login was tried and did not help.",
        "See the sentence before it.",
    ),
    (
        "used up|API calls of 24 hours are used|has used … of its",
        "The org has no API calls left in the last 24 hours, or reached `max_api_usage_percent`.",
        "Wait. Run again in some hours. If it repeats, find what uses the calls (Setup, System Overview).",
    ),
    (
        "answered with an error|is out of order|does not work now",
        "Salesforce has a problem, or a gateway answers in its place. The run has tried several times"
        " (`request_max_attempts`).",
        "Run again later. If it stays: status.salesforce.com, then your network team.",
    ),
    (
        "proxy did not let|proxy did not connect",
        "The proxy refuses the connection.",
        "Check `HTTPS_PROXY` or `ALL_PROXY`, and that the proxy allows the org's address.",
    ),
    (
        "No answer from",
        "Nothing came within `request_timeout_seconds`.",
        "Run again later. On a slow network raise that number.",
    ),
    (
        "cut or damaged|makes no sense|incomplete or damaged|answer of … is not valid",
        "Each answer was broken on its way.",
        "Run again later. If it stays, look at the proxy.",
    ),
    (
        "No connection to",
        "The address does not exist, or the network is down.",
        "Check the address in the message, DNS and the network.",
    ),
    (
        "answer about (users|job)|part that was already read|no list of batches",
        "Salesforce's answer to a look-up broke off, or is not what it should be. The jobs are loaded. What became of"
        " one, why records failed, or the name of a user is not known yet.",
        "Nothing, if the next run works. If it stays for a day, it is a bug: report it with the message.",
    ),
    (
        "does not tell … … jobs|does not tell who made",
        "Look-ups of one kind do not work: the user or the org may not make them, or too many failed in a row. The"
        " jobs are loaded, and the other look-ups go on.",
        "Do what the reason says. What Salesforce refuses is asked again after a day, anything else in the next run. If"
        " the Bulk API 1.0 is off for good, Classic jobs get no results, and nothing else is lost.",
    ),
    (
        "every look-up of what became|not what became of them",
        "The jobs are loaded. What became of them could not be looked up, or not be loaded. The rest of the sentence,"
        " or a warning before it, says why.",
        "Do what the reason asks for. The next run looks up what is missing. If you do not need it: `--no-results`.",
    ),
    (
        "look-ups for … stopped early|for … failed. The next run tries them",
        "What became of some jobs is not known yet. The reasons follow.",
        "Nothing: the next runs look them up. If it stays for a day, follow the reason. For few API calls see"
        " [operations.md](operations.md#what-a-run-costs).",
    ),
    (
        "looks up only the jobs that it has just read",
        "The run could not ask the destination which jobs have no result yet.",
        "Nothing, if the load works. The next run asks the destination again.",
    ),
    (
        "broken JSON|list of records|does not say whether|leads back|already read|nextRecordsUrl|is no address. Run"
        "|next page of … is not valid|another host \\(|its link to the next",
        "Salesforce's list broke off in the middle. The run keeps nothing of it, so that no job is lost.",
        "Run again. If it stays for a day, it is a bug: report it with the message.",
    ),
    (
        "has an unknown shape",
        "Salesforce, or a proxy in its place, gave an answer that `check` cannot read.",
        "Run `check` again later. If it stays, report the message.",
    ),
    (
        "has a new field",
        "Salesforce added a field to its list. It is a column now.",
        "Nothing.",
    ),
    (
        "listed no job|does not see them|cannot see them",
        "Either nobody runs bulk jobs, or the user sees only its own.",
        "Give the user the permission set of [setup-salesforce.md](setup-salesforce.md).",
    ),
    (
        "in the last run, and max_api_usage_percent leaves",
        "The API calls that are left may not be enough for this walk.",
        "Nothing now. If runs end with exit code 3, raise `max_api_usage_percent` or the org's calls.",
    ),
    (
        "is gone when this process ends|no file to save the new one",
        "The app rotates refresh tokens, and no file keeps the new one. The next run cannot log in.",
        "Set `refresh_token_file`, and authorize the app again.",
    ),
)
