"""Reads from the code every sentence that a command may end with, or warn with."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple, Optional

import dlt

from jobs_source import exceptions
from jobs_source.commands import exit_codes
from tests.conftest import ROOT

PACKAGE = ROOT / "jobs_source"
LEFT_OUT = ("standin", "rows/values.py", "rows/job_rows.py")  # not ours to users, and reasons in rejected_jobs
WARNING = -1  # in the place of an exit code
NO_SENTENCE = "…"
# Sentences that no call of an error class holds: the function, or the constant, that does.
ELSEWHERE = {
    ("commands/broken_files.py", "explain_broken_file"): exit_codes.MISCONFIGURED,
    ("commands/errors.py", "_MORE_MEMORY"): exit_codes.MISCONFIGURED,
    ("commands/load.py", "_reasons"): exit_codes.FAILED,
    ("commands/status.py", "status"): exit_codes.FAILED,
    ("runner/catalogue.py", "describe"): WARNING,
    ("salesforce/org_check.py", "_attempt"): exit_codes.FAILED,
    ("runner/orgs.py", "say_same_org"): exit_codes.MISCONFIGURED,
    ("runner/restore.py", "_warn_of_foreign"): WARNING,
    ("runner/summary.py", "_APPENDS"): WARNING,
    ("resources/look_up_run.py", "_warnings"): WARNING,
    ("resources/walk_end.py", "warn_if_empty"): WARNING,
    ("salesforce/org_check.py", "_list"): WARNING,
    ("views/create.py", "_describe"): WARNING,
    ("views/create.py", "_explain"): WARNING,
    ("views/create.py", "update_views"): WARNING,
}


class Message(NamedTuple):
    """
    One sentence.

    Attributes:
        exit_code: What a command ends with, or `WARNING`.
        text: As it is read, with … for what differs.
        place: The file of the package, and the line.
    """

    exit_code: int
    text: str
    place: str


@cache
def messages() -> tuple[Message, ...]:
    """All of them, file by file, each once."""
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if not _name(path).startswith(LEFT_OUT)]
    found = {(it.exit_code, it.text): it for path in reversed(files) for it in reversed(list(_in_file(path)))}
    return tuple(sorted(found.values(), key=lambda it: _in_order(it.place)))


def _in_order(place: str) -> tuple[str, int]:
    name, _, line = place.rpartition(":")
    return name, int(line)


def _name(path: Any) -> str:
    return str(path.relative_to(PACKAGE))


def _in_file(path: Any) -> Iterator[Message]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for call in calls:
        yield from _said(_exit_code(call, module), _argument(call), _name(path), module)
    for node in ast.walk(tree):
        code = ELSEWHERE.get((_name(path), _defined(node)))
        for text in _sentences(node) if code is not None else ():
            yield from _said(code, text, _name(path), module)


def _said(code: Optional[int], text: Optional[ast.expr], name: str, module: Any) -> Iterator[Message]:
    read = "" if text is None else _read(text, module).replace(dlt.__version__, NO_SENTENCE)
    if code is not None and text is not None and re.search(r"\w", read):
        yield Message(code, re.sub(f"{NO_SENTENCE}+", NO_SENTENCE, " ".join(read.split())), f"{name}:{text.lineno}")


def _argument(call: ast.Call) -> Optional[ast.expr]:
    name = ast.unparse(call.func)
    place = 1 if name == "ExitReason" else 0
    return call.args[place] if len(call.args) > place else None


def _exit_code(call: ast.Call, module: Any) -> Optional[int]:
    name = ast.unparse(call.func)
    if name == "logger.warning":
        return WARNING
    if name == "_unloaded":
        return exit_codes.FAILED
    if name == "ExitReason" and isinstance(call.args[0], ast.Name):
        return int(getattr(module, call.args[0].id))
    if name == "ExitReason" and call.args[0:1] and isinstance(call.args[0], ast.Call):
        return exit_codes.FAILED
    kind = getattr(exceptions, name, None)
    return int(kind.exit_code) if isinstance(kind, type) and issubclass(kind, exceptions.SalesforceJobsError) else None


def _defined(node: ast.AST) -> str:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id
    return node.name if isinstance(node, ast.FunctionDef) else ""


def _sentences(node: ast.AST) -> Iterator[ast.expr]:
    """The texts in *node* that are a sentence, and not a part of one; docstrings aside."""
    body = node.body[1:] if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) else [node]
    stack: list[ast.AST] = list(body)
    while stack:
        inner = stack.pop(0)
        if isinstance(inner, (ast.JoinedStr, ast.Constant)) and len(_read(inner, None).split()) > 9:
            yield inner
        elif not isinstance(inner, ast.JoinedStr):
            stack += ast.iter_child_nodes(inner)


def _read(node: ast.AST, module: Any) -> str:
    """The text of an expression, with … for what is known only when it runs, such as the version of dlt."""
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, int, float)):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_read(part, module) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _read(node.left, module) + _read(node.right, module)
    if isinstance(node, ast.FormattedValue):
        value = _constant(node.value, module)
        spec = _read(node.format_spec, module) if node.format_spec else ""
        return NO_SENTENCE if value is None else format(value, spec)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = _constant(node.func.value, module)
        return NO_SENTENCE if template is None else _fill(str(template))
    value = _constant(node, module)
    return NO_SENTENCE if value is None else str(value)


def _fill(template: str) -> str:
    parts = template.split("{")
    return parts[0] + "".join(NO_SENTENCE + part.partition("}")[2] for part in parts[1:])


def _constant(node: ast.AST, module: Any) -> Any:
    is_named = isinstance(node, ast.Name) and node.id.isupper()
    value = getattr(module, node.id, None) if is_named and isinstance(node, ast.Name) else None
    return value if isinstance(value, (str, int, float)) else None
