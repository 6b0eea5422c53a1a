"""
The bare dlt script, then the floor, in one process: what whoever starts dlt could reach with the floor's own speed.

    python -m benchmarks.limit URL [JOB_TYPE ...]
"""

import sys

from benchmarks import bare, floor

if __name__ == "__main__":
    bare.main()
    floor.main(*sys.argv[1:])
