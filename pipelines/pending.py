"""What an earlier run left behind in the working directory comes first."""

import shutil
from pathlib import Path

import dlt


def load_pending(pipeline: dlt.Pipeline) -> bool:
    """
    Load the package that an earlier run left behind, if any, and tell whether there was one.

    `pipeline.run(source)` would load it, ignore the source and report success; `pipeline.run()` would drop it where the
    destination holds nothing yet. Without one, what the destination knows of the cursor comes first.
    """
    _put_away_completed(pipeline)
    if not pipeline.has_pending_data:
        pipeline.sync_destination()
        return False
    pipeline.normalize()
    pipeline.load()
    return True


def _put_away_completed(pipeline: dlt.Pipeline) -> None:
    """
    Finish what a run that was killed at its very end had yet to do.

    dlt 1.31 marks a loaded package as completed and then moves it. Killed in between, it finds the mark in the next run
    and refuses the package in every run from then on.
    """
    packages = Path(pipeline.working_dir) / "load"
    for mark in (packages / "normalized").glob("*/package_completed.json"):
        shutil.move(mark.parent, packages / "loaded" / mark.parent.name)
