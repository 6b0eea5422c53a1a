"""
Request in, response out, without sockets. It uses `org`.

    handlers.py   which address is what, and who may ask
    messages.py   requests and responses as plain values
    calls.py      an authenticated request to a known resource
    oauth.py      logins and their end; assertion.py checks a signed one
    identity.py   who a token belongs to
    rest.py       versions, resources, limits
    queries.py    SOQL, single records; describe.py the fields of an object
    listings.py   Get All Jobs
    creation.py   new jobs
    bulk.py       existing jobs: upload, close, abort, delete, read, results
    upload_check.py  what makes a job fail after its upload
    bulk_1.py     the Bulk API 1.0: its addresses; bulk_1_jobs.py and bulk_1_batches.py answer them with
                  bulk_1_bodies.py, bulk_1_format.py and bulk_1_results.py
    results.py    result files, part by part; csv_files.py reads and writes them
"""
