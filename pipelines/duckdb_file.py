"""
The DuckDB file, kept out of the moments in which a process that is killed would spoil it.

DuckDB 2.0 writes a new file in several pieces, and it writes over the block that describes the whole file whenever it
takes its log in: that is when the last connection closes, and dlt opens and closes several in one load. A process that
is killed in the midst of either leaves a file that nobody can open any more, while the log may end anywhere. So a new
file comes whole to its place, and the log is taken in once a load.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Optional

import dlt
import duckdb
from dlt.common.configuration.resolve import inject_section
from dlt.common.configuration.specs import ConfigSectionContext
from dlt.common.configuration.specs.base_configuration import is_hint_not_resolvable
from dlt.destinations import duckdb as duckdb_destination
from dlt.destinations.exceptions import DestinationConnectionError
from dlt.destinations.impl.duckdb.configuration import DuckDbClientConfiguration, DuckDbCredentials

from jobs_source.exceptions import ConfigError

FILE: Final = "jobs_history.duckdb"  # not that of the dataset: DuckDB would not know file from schema
# What needs more memory goes through the disk, but not what each thread holds of the rows that it writes: eight threads
# end in "Out of Memory" with some millions of them. Rows need no order on their way into a table.
SETTINGS: Final[dict[str, Any]] = {"memory_limit": "200MB", "threads": 2, "preserve_insertion_order": "false"}


def make_duckdb(pipeline_name: str, **options: Any) -> duckdb_destination:
    """
    Name the file that all orgs share in the current folder. Absolute: dlt would keep to where it first ran.

    What the configuration adds is looked up here, once: dlt would do it again for each of a run's two dozen clients,
    and give each a connection of its own.
    """
    credentials = DuckDbCredentials(str(Path(FILE).absolute()), global_config=SETTINGS)
    with inject_section(ConfigSectionContext(pipeline_name=pipeline_name)):
        initial = DuckDbClientConfiguration(credentials=credentials)
        config = duckdb_destination(**options).configuration(initial, accept_partial=True)
    hints = config.get_resolvable_fields().items()
    return duckdb_destination(**{key: config[key] for key, hint in hints if not is_hint_not_resolvable(hint)})


def missing_file(pipeline: dlt.Pipeline) -> Optional[Path]:
    """
    Return the file of a DuckDB that is not there yet; None for other destinations.

    Raises:
        ConfigError: If its folder is not there either, or the dataset is named like the file.
    """
    if type(pipeline.destination) is not duckdb_destination:
        return None
    credentials: Any = pipeline.destination_client().config.credentials
    path = Path(credentials.database)
    if path.stem == pipeline.dataset_name:
        raise ConfigError(f"DuckDB cannot tell the dataset {path.stem} from its file {path}: give one another name.")
    if not path.parent.is_dir():
        raise ConfigError(
            f"There is no folder {path.parent} for the DuckDB file {path.name}: make it, or name another file under"
            " destination.duckdb.credentials in .dlt/secrets.toml."
        )
    return None if path.exists() else path


def make_file(pipeline: dlt.Pipeline) -> None:
    """Put a file that is not there yet into its place. Other destinations are left alone. Raises `ConfigError`."""
    path = missing_file(pipeline)
    if path is not None:
        # dlt will meet what goes wrong here, and say so; where files can have no second name DuckDB makes this one
        with suppress(OSError, duckdb.Error), TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
            new = Path(folder) / path.name
            duckdb.connect(str(new)).close()
            os.link(new, path)  # unlike a move it never takes the place of what another run has made meanwhile


@contextmanager
def held_open(pipeline: dlt.Pipeline) -> Iterator[None]:
    """Keep the file open from dlt's first connection to its last. Other destinations are left alone."""
    with ExitStack() as stack:
        if type(pipeline.destination) is duckdb_destination:
            client: Any = pipeline.destination_client()
            with suppress(DestinationConnectionError):  # dlt will meet the same, and say so
                stack.enter_context(client)
        yield
