"""
The bare dlt script, then the floor, in one process: the floor's speed for whoever has to start dlt.

    python -m benchmarks.yardstick URL [JOB_TYPE ...]

It looks for garbage as seldom as this project does, and is not taken apart at its end either.
"""

import gc
import os
import sys

if __name__ == "__main__":
    gc.set_threshold(100_000, 20, 20)
    from benchmarks import bare, floor

    bare.main()
    floor.main(*sys.argv[1:])
    os._exit(0)
