"""`python -m pipelines`: the commands of `jobs_source.commands` as a process."""

import gc

if __name__ == "__main__":
    # Before anything is imported: up to a tenth of a small run was looking for garbage, of which it leaves little.
    gc.set_threshold(100_000, 20, 20)
    from jobs_source.commands.process import run

    run()
