"""
Request in, response out, without sockets. It stands on `org`.

    handlers.py   which address is what, and who may ask
    messages.py   requests and responses as plain values
    calls.py      a request once it is known who asks and for what
    oauth.py      logins
    rest.py       versions, limits, users
    listings.py   Get All Jobs
    creation.py   new jobs
    bulk.py       jobs that are there: upload, close, abort, delete, ask, results
    results.py    result files, part by part; csv_files.py reads and writes them
"""
