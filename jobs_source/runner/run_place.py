"""Where one run works and loads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import dlt

from jobs_source.dlt_compat import Collector
from jobs_source.runner.orgs import make_pipeline


@dataclass(frozen=True)
class RunPlace:
    """
    What the pipelines of one run share.

    Attributes:
        folder: The working directory.
    """

    org: Optional[str]
    destination: str
    dataset: str
    folder: Path
    progress: Collector

    def make_pipeline(self, for_results: bool = False) -> dlt.Pipeline:
        """Build the pipeline that loads jobs, or the one *for_results*."""
        return make_pipeline(
            self.org, self.destination, self.dataset, self.folder, self.progress, for_results=for_results
        )
