"""`python -m pipelines`: the commands of `jobs_source.commands`."""

import gc
import sys

if __name__ == "__main__":
    gc.disable()  # while dlt is imported; run() enables it again
    try:
        from jobs_source.commands.process import run
    except ImportError as error:  # a package that is missing, or one that is too old or too new
        print(error, file=sys.stderr)
        sys.exit(2)
    run()
