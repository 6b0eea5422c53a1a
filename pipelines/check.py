"""Says, line by line, whether a load would work, and what to do where it would not. It changes nothing."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from jobs_source.checks import Check
from pipelines.duckdb_file import database_path, has_database
from pipelines.errors import explain
from pipelines.orgs import make_pipeline, make_source


def check(org: Optional[str], destination: str, dataset: str, as_json: bool = False) -> int:
    """Print a line for everything that was tried and return the exit code that `load` would end with."""
    codes = []
    for item in _checks(org, destination, dataset):
        codes.append(item.exit_code)
        if as_json:
            print(json.dumps({"org": org, **item._asdict()}), flush=True)
        else:
            name = f"{org}, {item.name}" if org else item.name
            print(f"{'FAIL' if item.exit_code else 'ok':4}  {name}: {item.text}", flush=True)
    return min((code for code in codes if code), default=0)


def _checks(org: Optional[str], destination: str, dataset: str) -> Iterator[Check]:
    try:
        for row in make_source(org).resources["org_checks"]:
            yield Check(**row)
    except Exception as error:
        yield Check("configuration", *explain(error))
    try:
        yield Check("destination", 0, _reach(org, destination, dataset))
    except Exception as error:
        yield Check("destination", *explain(error))


def _reach(org: Optional[str], destination: str, dataset: str) -> str:
    with tempfile.TemporaryDirectory() as folder:  # a pipeline makes a working directory; not in the real place
        pipeline = make_pipeline(org, destination, dataset, Path(folder))
        if not has_database(pipeline):
            return f"{destination}, {database_path(pipeline)} will be made by the first load"
        with pipeline.destination_client() as client:
            state = "is there" if client.is_storage_initialized() else "will be made by the first load"
        return f"{destination}, dataset {dataset} {state}"
