"""Words for a configuration file that dlt cannot read."""

import codecs
from pathlib import Path
from typing import Final

from jobs_source.dlt_compat import TomlProviderReadException, toml_paths

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def explain_broken_file(error: TomlProviderReadException) -> str:
    """Name the file and its encoding if that is the reason, else what is no TOML in it."""
    for path in filter(Path.is_file, map(Path, toml_paths(error))):
        if encoding := _other_encoding(path.read_bytes()):
            return f"{path.absolute()} {encoding}, which dlt cannot read. Save it in UTF-8 without a byte order mark."
    return f"The configuration is wrong: {' '.join(str(error).split())}."


def _other_encoding(content: bytes) -> str:
    if content.startswith(codecs.BOM_UTF8):
        return "begins with a byte order mark (BOM)"
    if content.startswith(_UTF_16) or b"\0" in content[:4]:
        return "is in UTF-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return f"is not in UTF-8 (line {line} has another encoding)"
    return ""
