"""
The stand-in on a socket. It uses `api` and `org`.

    server.py       the stand-in as a running server
    connections.py  reads requests from sockets and writes responses
    wire.py         the bytes of a response
    compression.py  gzip
    certificate.py  TLS for loopback
    faults.py       misbehaviour that a test orders
"""
