"""The JSON of `sf` is found among other lines, and the line that says why `sf` failed."""

import json

import pytest

from jobs_source.salesforce.sf_output import last_words, read_answer

ANSWER = {"status": 0, "result": {"accessToken": "00D!x", "notes": "a } and a {"}, "warnings": []}
JSON = json.dumps(ANSWER, indent=2)


@pytest.mark.parametrize(
    "printed",
    [
        JSON,
        f"Successfully installed @salesforce/plugin-auth\n{JSON}",
        f"{JSON}\nDone in {{0.3}} s.\n",
        f"using node {{v22}} {{\n{JSON}",
        f'{{"level": 30, "msg": "started"}}\n{JSON}',
        f'{{"status": 0, "result": {{"updated": true}}}}\n{JSON}\n{{"status": 0, "result": {{}}}}',
        f"\ufeff{JSON}",
        JSON.replace("\n", "\r\n"),
        f"\x1b[33mWarning\x1b[39m: a new version\n\x1b[0m{JSON}\x1b[0m",
        "".join(f"\x1b[32m{line}\x1b[39m\n" for line in JSON.splitlines()),
        f"\x1b]0;sf\x07{JSON}",
        f'[ERROR] {{"result": oops}}\n{JSON}',
    ],
)
def test_the_answer_is_found_among_other_lines(printed: str) -> None:
    """Notes of plugins, braces, other JSON, colours, line ends of Windows and a byte order mark do not matter."""
    assert read_answer(printed.encode()) == ANSWER


@pytest.mark.parametrize(
    "printed", ["", "{", "[]", "7", JSON[:-3], '{"accessToken": "00D!x"}', "{" * 100_000, '{"a":' * 100_000, "\0"]
)
def test_no_answer(printed: str) -> None:
    """Half an answer is none, and neither is an object without status and result."""
    assert read_answer(printed.encode()) == {}


@pytest.mark.parametrize(
    ("stdout", "stderr", "words"),
    [
        ("", "env: node: No such file or directory\n", "env: node: No such file or directory"),
        (
            "",
            " \u203a   Warning: @salesforce/cli update available from 2.1 to 2.9.\nError (1): no org\n",
            "Error (1): no org",
        ),
        ("", "@salesforce/cli update available from 2.1 to 2.9\n", ""),
        (
            "",
            "node:internal/modules/cjs/loader:1148\n  throw err;\n  ^\n\nError: Cannot find module '/x/run.js'\n"
            "    at Module._resolve (node:internal/x:1)\n{\n  code: 'MODULE_NOT_FOUND'\n}\n\nNode.js v20.11.0\n",
            "Error: Cannot find module '/x/run.js'",
        ),
        ("it broke\r\n", "", "it broke"),
        (
            "",
            "\x1b[31mError: 00D5g!AQ.secret is no token of force://app::5Aep1@acme\x1b[39m",
            "Error: [hidden] is no token of [hidden]",
        ),
        ('{"accessToken": "00D!x"}', "", ""),
    ],
)
def test_the_last_words(stdout: str, stderr: str, words: str) -> None:
    """The last line that says what went wrong; no notice, no stack, no JSON, no secret."""
    assert last_words(stdout.encode(), stderr.encode()) == words
