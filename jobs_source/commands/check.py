"""`check`: says line by line whether a load would work, and what to do if not. It changes nothing."""

from collections.abc import Iterator
from typing import Optional

from jobs_source.commands.errors import explain
from jobs_source.commands.exit_codes import worst
from jobs_source.commands.json_lines import print_line
from jobs_source.exceptions import ConfigError
from jobs_source.runner.destination_check import check_destination
from jobs_source.runner.orgs import check_salesforce, say_same_org
from jobs_source.runner.working_dir import check_own_folder
from jobs_source.salesforce.org_check import Check


def check(org: Optional[str], destination: str, dataset: str, sections: dict[str, str], as_json: bool = False) -> int:
    """
    Print one line per test, and return the exit code that `load` would end with.

    *sections* collects the section of each org id, to find two sections of the same org.
    """
    codes = []
    for item in _checks(org, destination, dataset, sections):
        codes.append(item.exit_code)
        if as_json:
            print_line({"org": org, "name": item.name, "exit_code": item.exit_code, "text": item.text})
        else:
            name = f"{org}, {item.name}" if org else item.name
            print(f"{'FAIL' if item.exit_code else 'ok':4}  {name}: {item.text}", flush=True)
    return worst(codes)


def _checks(org: Optional[str], destination: str, dataset: str, sections: dict[str, str]) -> Iterator[Check]:
    try:
        for item in check_salesforce(org):
            yield item
            if item.org_id and (said := say_same_org(item.org_id, org, sections)):
                yield Check("sections", ConfigError.exit_code, said)
    except Exception as error:
        yield Check("configuration", *explain(error))
    try:
        check_own_folder()
    except Exception as error:
        yield Check("working directory", *explain(error))
    try:
        yield Check("destination", 0, check_destination(org, destination, dataset))
    except Exception as error:
        yield Check("destination", *explain(error))
