"""`python -m pipelines`: the commands of `jobs_source.commands`."""

from jobs_source.commands.process import run

if __name__ == "__main__":
    run()
