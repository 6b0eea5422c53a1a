"""
The bare dlt script, then the floor, in one process: the floor's speed for whoever has to start dlt.

    python -m benchmarks.yardstick URL [JOB_TYPE ...]

It looks through what was imported for garbage as seldom as this project does.
"""

import gc
import sys

if __name__ == "__main__":
    import dlt  # noqa: F401

    gc.freeze()
    from benchmarks import bare, floor

    bare.main()
    floor.main(*sys.argv[1:])
