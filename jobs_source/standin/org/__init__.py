"""
The org's state: what it keeps, and how that changes with time and calls. It knows no requests and no sockets.

    org.py          the org as a whole; composes what follows
    behaviour.py    switches for what Salesforce leaves open
    clock.py        the org's own time
    draws.py        chance, the same from the same seed
    ids.py          ids of 15 and 18 characters
    errors.py       what it refuses with
    identity.py     users, the app and what they log in with; keys.py, tokens.py
    jobs.py         one job and its row; seed.py makes a week of them
    details.py      what Get Job Info adds to the row
    work.py         what a job made over the API has to do; progress.py does it, records.py keeps what comes of it
    soql.py         the queries that are understood
    result_rows.py  rows of a job's results
    selection.py    which jobs a listing shows; walks.py goes through them page by page
"""
