"""`python -m pipelines`: the commands of `jobs_source.commands`."""

import os
import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))  # until `run` takes over: Python would show a traceback

    from jobs_source.commands.process import run

    run()
