"""
The stand-in on a socket. It stands on `api` and `org`.

    server.py       the stand-in as a running server
    connections.py  takes requests off sockets and writes responses
    certificate.py  TLS for loopback
    faults.py       misbehaviour on order
"""
