"""The table with which a load ends."""

from dataclasses import replace

from jobs_source.commands.exit_codes import IN_WORDS
from jobs_source.commands.run_table import Ended, run_table
from jobs_source.exceptions import SalesforceJobsError
from tests.shown_tables import runs_shown
from tests.unit.runner.test_summary import PLAIN


def test_one_org_is_a_header_and_a_row() -> None:
    """Its name stands in the line above, and zeros that are usual are left out."""
    assert run_table([Ended(None, 0, PLAIN)]).splitlines() == [
        "jobs listed  new  changed  calls  seconds  result",
        "     25,000    5       17     26      1.9  ok",
    ]


def test_several_orgs_are_a_row_each_with_all_that_one_of_them_has() -> None:
    """An org that failed has its reason; the default org has its id, once that is known."""
    odd = replace(PLAIN, org="prod", jobs_held=3, entries_rejected=2, results_looked_up=0, results_due=1_234)
    uncounted = replace(PLAIN, org="lake", jobs_new=None, jobs_changed=None)
    runs = [Ended(None, 0, PLAIN), Ended("prod", 1, odd), Ended("lake", 0, uncounted), Ended("eu", 3), Ended(None, 4)]
    usual = {"jobs listed": "25,000", "new": "5", "changed": "17", "written": "60", "calls": "26", "result": "ok"}
    zeros = {"waiting": "0", "rejected": "0", "looked up": "0", "still due": "0"}
    of_odd = {"waiting": "3", "rejected": "2", "still due": "1,234", "result": "failed, try again"}
    of_uncounted = {name: text for name, text in usual.items() if name not in ("new", "changed")}
    assert runs_shown(run_table(runs)) == [
        {"org": "00DRm0000bhYv7jMAC", **usual, **zeros},
        {"org": "prod", **usual, **zeros, **of_odd},
        {"org": "lake", **of_uncounted, **zeros},
        {"org": "eu", "result": "no API calls left"},
        {"org": "default org", "result": "another run is under way"},
    ]


def test_without_a_run_that_went_well_there_are_no_figures() -> None:
    """Orgs and reasons are left."""
    assert run_table([Ended("a", 2), Ended("b", 130)]).splitlines() == [
        "org  result",
        "a    setup is wrong",
        "b    stopped",
    ]


def test_every_exit_code_of_a_run_has_its_words() -> None:
    """Those of all errors, of a stop, and of success."""
    kinds, codes = [SalesforceJobsError], {0, 130}
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        codes.add(kind.exit_code)
    assert codes == set(IN_WORDS)
