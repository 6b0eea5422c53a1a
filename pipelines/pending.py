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
    _finish_writes(Path(pipeline.working_dir))
    with pipeline.managed_state():
        pass  # lists the schemas anew
    if not pipeline.has_pending_data:
        pipeline.sync_destination()
        return False
    pipeline.normalize()
    pipeline.load()
    return True


def _finish_writes(folder: Path) -> None:
    """
    Finish what a killed run had begun, where dlt 1.31 would stumble over it in every run from then on.

    It writes a schema beside its place and then moves it there; it moves a normalized package into place and then
    deletes what that was made from; it marks a loaded package as completed and then moves it. Killed in between, it
    takes the half-written file for a schema named like it, finds the place taken, or the mark made.
    """
    for unplaced in (folder / "schemas").glob("*"):
        if "." not in unplaced.name:
            unplaced.unlink()
    normalized = folder / "load" / "normalized"
    for package in normalized.glob("*"):
        shutil.rmtree(folder / "normalize" / "extracted" / package.name, ignore_errors=True)
    for mark in normalized.glob("*/package_completed.json"):
        shutil.move(mark.parent, folder / "load" / "loaded" / mark.parent.name)
