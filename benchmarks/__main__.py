"""
Runs the race and prints it: `python -m benchmarks [--quick] [--case NAME ...] [--jobs N ...] [--json FILE]`.

Exit code 1 where a competitor fails or its table does not hold what was served.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from benchmarks.cases import Case, all_cases, quick_cases
from benchmarks.competitors import COMPETITORS
from benchmarks.race import Race, WrongAnswerError, start_server
from benchmarks.report import describe, header, raw


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the race and return the exit code."""
    options = _parser().parse_args(arguments)
    cases = choose(quick_cases() if options.quick else all_cases(), options.case, options.jobs, options.competitor)
    repeats = options.repeats or (2 if options.quick else 3)
    results: list[dict[str, Any]] = []
    print(header(), flush=True)
    try:
        with start_server() as server, tempfile.TemporaryDirectory() as scratch:
            race = Race(server, Path(scratch))
            for case in cases:
                runs = list(race.run_case(case, repeats))
                results.append(raw(case, runs))
                print(describe(case, runs), flush=True)
    except WrongAnswerError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        Path(options.json).write_text(json.dumps({"header": header(), "cases": results}, indent=1) + "\n")
    return 0


def choose(cases: Sequence[Case], names: Sequence[str], jobs: Sequence[int], competitors: Sequence[str]) -> list[Case]:
    """Keep the cases of these names and sizes, and in them these competitors; an empty filter keeps all."""
    chosen = []
    for case in cases:
        kept = tuple(name for name in case.competitors if name in competitors or not competitors)
        if kept and (case.name in names or not names) and (case.jobs in jobs or not jobs):
            chosen.append(case._replace(competitors=kept))
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Race this project against others.")
    names = sorted({case.name for case in all_cases()})
    parser.add_argument("--quick", action="store_true", help="20,000 jobs, two runs each, in two minutes")
    parser.add_argument("--case", nargs="+", default=[], choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--jobs", nargs="+", default=[], type=int, metavar="N", help="only cases of this many jobs")
    parser.add_argument(
        "--competitor", nargs="+", default=[], choices=COMPETITORS, metavar="NAME", help=f"of {', '.join(COMPETITORS)}"
    )
    parser.add_argument("--repeats", type=int, metavar="N", help="runs of each competitor (default 3, quick 2)")
    parser.add_argument("--json", metavar="FILE", help="write every single run there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
