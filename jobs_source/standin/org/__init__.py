"""
The org's state: what it keeps, and how that changes with time and calls. It has no requests and no sockets.

    org.py          the org as a whole; composes what follows
    behaviour.py    switches for what Salesforce leaves open
    clock.py        the org's own time
    draws.py        random draws, the same from the same seed
    ids.py          ids of 15 and 18 characters
    errors.py       its refusals
    identity.py     users, the app and their credentials; keys.py, tokens.py
    jobs.py         one job and its row; seed.py makes a week of them
    details.py      what Get Job Info adds to the row
    work.py         the work of a job made over the API; progress.py and batch_progress.py do it, row by row with
                    uploads.py; records.py keeps the records, row_check.py refuses bad ones
    batches.py      a Classic job and its batches as the Bulk API 1.0 tells of them
    objects.py      the objects and their standard fields; people.py has the users' and the org's own records
    soql.py         the supported queries; cursors.py keeps long results
    result_rows.py  rows of a job's results
    selection.py    which jobs a listing shows; walks.py goes through them page by page
"""
