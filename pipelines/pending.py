"""What an earlier run left behind in the working directory comes first."""

import shutil
from enum import Enum
from pathlib import Path
from typing import Final

import dlt
from dlt.common.destination.client import WithStateSync
from dlt.common.destination.exceptions import DestinationUndefinedEntity
from dlt.common.pipeline import TPipelineState
from dlt.common.versioned_state import decompress_state

from jobs_source.memory import find_target
from pipelines.errors import WaitsForAnotherPlace

_KEPT_LOADS: Final = 10  # for whoever looks for what a load did


class Pending(Enum):
    """What became of the package that an earlier run left behind; the value is what the user is warned of."""

    NONE = None
    LOADED = ""
    OUTDATED = "What an earlier run here had read was put away, since runs elsewhere have gone on; all was read anew."


def load_pending(pipeline: dlt.Pipeline) -> Pending:
    """
    Load the package that an earlier run left behind, if any.

    `pipeline.run(source)` would load it, ignore the source and report success; `pipeline.run()` would drop it where the
    destination holds nothing yet. Without one, what the destination knows of the cursor comes first.

    Where runs elsewhere have gone on since, the package would put its old versions over their newer ones: it is put
    away, and the run has to be a full one.

    Raises:
        WaitsForAnotherPlace: If it was read for another destination, dataset or file than those of *pipeline*.
    """
    _finish_writes(Path(pipeline.working_dir))
    _forget_loaded(Path(pipeline.working_dir))
    with pipeline.managed_state() as state:  # lists the schemas anew
        version, version_hash = state["_state_version"], state["_version_hash"]
        targets = _targets(state)
    if pipeline.has_pending_data and targets - {find_target()}:
        raise WaitsForAnotherPlace(
            f"What an earlier run of {pipeline.pipeline_name} read still waits here, for another destination, dataset"
            " or file than this run's; nothing was done now. Run load as that run was, then this one again. Where that"
            f" cannot be, remove {pipeline.working_dir}: what it holds will be read anew."
        )
    if pipeline.has_pending_data and not _is_overtaken(pipeline, version, version_hash):
        pipeline.normalize()
        pipeline.load()
        return Pending.LOADED
    was_pending = pipeline.has_pending_data
    if was_pending:
        pipeline.abort_packages()
    pipeline.sync_destination()
    return Pending.OUTDATED if was_pending else Pending.NONE


def _targets(state: TPipelineState) -> set[str]:
    """Find where the last walks of each table went; `jobs_source.memory` has noted it."""
    sources = state.get("sources", {}).values()
    resources = [resource for source in sources for resource in source.get("resources", {}).values()]
    return {resource["cursor_of"][1] for resource in resources if "cursor_of" in resource}


def _is_overtaken(pipeline: dlt.Pipeline, version: int, version_hash: str) -> bool:
    """Tell whether the destination knows of a good run that is not in the working directory's past."""
    try:
        with pipeline.destination_client() as client:
            stored = client.get_stored_state(pipeline.pipeline_name) if isinstance(client, WithStateSync) else None
    except DestinationUndefinedEntity:
        return False
    if stored is None or stored.version < version:
        return False
    return stored.version > version or decompress_state(stored.state)["_version_hash"] != version_hash


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


def _forget_loaded(folder: Path) -> None:
    """Remove all but the newest packages that were loaded: dlt keeps them for good, rows and all."""
    packages = sorted((folder / "load" / "loaded").glob("*"))
    for package in list(filter(_was_loaded, packages))[:-_KEPT_LOADS]:
        shutil.rmtree(package, ignore_errors=True)


def _was_loaded(package: Path) -> bool:
    """Tell a package that was loaded whole, or that is half removed, from one that was put away or has failed jobs."""
    mark = package / "package_completed.json"
    return not mark.exists() or (mark.read_text() == "loaded" and not any((package / "failed_jobs").glob("*")))
