"""The name of the dataset, as the destination has it."""

import re
from typing import Final

import dlt
from dlt.common import logger

from jobs_source.dlt_compat import dataset_in_destination

_PLAIN: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # dlt keeps such a name


def find_dataset_name(pipeline: dlt.Pipeline) -> str:
    """Return the name that dlt makes of the one that *pipeline* has, and warn if it is another."""
    given = pipeline.dataset_name or ""
    name = given if _PLAIN.fullmatch(given) else dataset_in_destination(pipeline)
    if name != given:
        logger.warning(f"The dataset is {name}, because dlt cannot use the name {given!r} as it is.")
    return name
