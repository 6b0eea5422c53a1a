"""
Request in, response out, without sockets. It uses `org`.

    handlers.py   which address is what, and who may ask
    messages.py   requests and responses as plain values
    calls.py      an authenticated request to a known resource
    oauth.py      logins
    rest.py       versions, limits, users
    listings.py   Get All Jobs
    creation.py   new jobs
    bulk.py       existing jobs: upload, close, abort, delete, read, results
    results.py    result files, part by part; csv_files.py reads and writes them
"""
