"""The report: one page, for a browser, a mail, a chat and paper."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from jobs_source.dashboard.figures import Figures
from jobs_source.dashboard.html import write_html
from jobs_source.dashboard.markdown import write_markdown
from jobs_source.dashboard.sections import write_report
from tests.figures import ADDRESS, NOW, ORG, calls, counts, failure, make_figures, make_no_figures, no_counts, org

ODD = "<script>alert('x')</script> | `a` *b* _c_ [d](http://e) &amp; $x$ \x00\x1b[31m\u202e\nnext"
SHOWN = "<script>alert('x')</script> | `a` *b* _c_ [d](http://e) &amp; $x$ [31m next"


def odd_figures() -> Figures:
    """Every text of the data is odd."""
    job = failure(id=ODD, object=ODD, operation=ODD, created_by=ODD, reason=ODD, url=f"javascript:{ODD}")
    return make_figures(
        objects=[counts(object=ODD)],
        users=[counts(user=ODD, created_by_id=ODD), counts(user=ODD, created_by_id="0052")],
        failures=[job],
        stuck=[{**job, "state": ODD, "age_seconds": 1.0}],
        orgs=[org(org=ODD), org(org_id=ODD, org=None)],
        gaps=[{"org_id": ODD, "gap_from": NOW, "gap_to": NOW}],
        api_calls=[calls(NOW.date(), ODD, share=0.5)],
    )


def large_figures() -> Figures:
    """A year of five orgs, with as many jobs as a report lists."""
    figures = make_figures(366)
    ids = [f"{ORG[:-1]}{number}" for number in range(5)]
    return figures._replace(
        totals=counts(jobs=1_000_000, jobs_failed=10_000),
        hours=[counts(weekday=day, hour=hour) for day in range(1, 8) for hour in range(24)],
        objects=[counts(object=f"{'O' * 70}{number}") for number in range(10)],
        users=[counts(user="U" * 120, created_by_id=f"0050000000000{number:02}") for number in range(10)],
        failures=[failure(id=f"750Rm{number:013}", reason="because " * 5_000) for number in range(100)],
        stuck=[{**failure(), "state": "InProgress", "age_seconds": 9e5} for _ in range(100)],
        orgs=[org(org_id=id_) for id_ in ids],
        api_calls=[calls(row["day"], id_, share=0.01) for row in figures.days for id_ in ids],
    )


def one_job() -> Figures:
    """The first job, which still runs."""
    one = no_counts(jobs=1)
    return make_no_figures(
        1,
        totals=one,
        days=[{**one, "day": NOW.date()}],
        hours=[{**one, "weekday": 1, "hour": 15}],
        objects=[{**one, "object": "Account"}],
        users=[{**one, "user": "Ann", "created_by_id": "0051"}],
        orgs=[org()],
    )


def html_of(figures: Figures) -> str:
    return write_html(write_report(figures, "salesforce_jobs of duckdb", NOW), figures)


def markdown_of(figures: Figures) -> str:
    return write_markdown(write_report(figures, "salesforce_jobs of duckdb", NOW))


def parsed(page: str) -> ElementTree.Element:
    """The page, which is well-formed as XML too."""
    return ElementTree.fromstring(page)


ALL = pytest.mark.parametrize(
    "figures",
    [
        pytest.param(make_figures(), id="usual"),
        pytest.param(make_no_figures(), id="empty"),
        pytest.param(one_job(), id="one job"),
        pytest.param(odd_figures(), id="odd"),
        pytest.param(large_figures(), id="large", marks=pytest.mark.long),
        pytest.param(make_figures(3_660), id="ten years", marks=pytest.mark.long),
    ],
)


@ALL
def test_a_page_is_whole_small_and_needs_nothing_else(figures: Figures) -> None:
    """Well-formed, below 1 MB, without a script, and with no address but the pages of jobs."""
    page = html_of(figures)

    root = parsed(page)

    assert len(page.encode()) < 1_000_000
    assert root.attrib == {"lang": "en"}
    assert {element.tag for element in root.iter()} & {"script", "link", "img", "iframe", "image", "use"} == set()
    addresses = [value for element in root.iter() for name, value in element.items() if name in ("href", "src")]
    assert [address for address in addresses if not address.startswith(ADDRESS)] == []
    assert re.findall(r"url\(|@import|@font-face|\son\w+=", page) == []


@ALL
def test_a_page_can_be_read_by_ear(figures: Figures) -> None:
    """A heading of the page, one for each part, pictures with a text, and headings that say what they head."""
    root = parsed(html_of(figures))
    assert [heading.text for heading in root.iter("h1")] == ["Salesforce bulk jobs"]
    assert all(section.find("h2") is not None for section in root.iter("section"))
    for svg in root.iter("svg"):
        assert (svg.attrib["role"], len(svg.attrib["aria-label"]) > 20) == ("img", True)
    for table in root.iter("table"):
        assert table.find("caption") is not None
        assert {heading.attrib["scope"] for heading in table.iter("th")} == {"col", "row"}


def test_a_page_has_all_parts_in_order() -> None:
    """The same in Markdown."""
    parts = [
        "Over time", "Objects and users", "Failed jobs", "Stuck jobs", "Freshness and gaps", "API allowance",
    ]  # fmt: skip
    assert [heading.text for heading in parsed(html_of(make_figures())).iter("h2")] == parts
    assert re.findall(r"^## (.*)", markdown_of(make_figures()), re.MULTILINE) == parts
    assert len([*parsed(html_of(make_figures())).iter("svg")]) == 7


def test_a_dataset_without_jobs_says_so() -> None:
    """In sentences, in both forms, and without an empty table or picture."""
    page = parsed(html_of(make_no_figures()))
    assert [*page.iter("table"), *page.iter("svg")] == []
    said = [" ".join(part.itertext()) for part in page.iter("p")]
    assert said == [
        "Jobs that were created from 2026-02-28 00:00 UTC to 2026-03-02 15:30 UTC (3 days).",
        "No change is shown: the history does not reach back to the 3 days before.",
        "No jobs in this period.",
        "No job of this period is known to have failed.",
        "No job waits or runs for too long.",
        "No run yet.",
        "No gaps are known.",
        "No run in this period knows how many API calls the org may make.",
        "Made at 2026-03-02 15:30 UTC from salesforce_jobs of duckdb. All times are in UTC.",
    ]
    assert "No jobs in this period." in markdown_of(make_no_figures())


def test_texts_from_the_data_are_shown_and_not_obeyed() -> None:
    """In HTML: as they are, but for characters that no page can have."""
    page = html_of(odd_figures())
    assert re.findall("<script|javascript:", page) == []
    cells = [[(cell.text or "").strip() for cell in row] for row in parsed(page).iter("tr")]
    assert [SHOWN, "20 %"] in [[row[0], row[-1]] for row in cells]
    assert "<a " not in page


def test_texts_from_the_data_keep_to_their_cell_in_markdown() -> None:
    """A pipe, a quote or a star begins nothing."""
    text = markdown_of(odd_figures())
    shown = r"\<script\>alert('x')\</script\> \| \`a\` \*b\* \_c\_ \[d\](http://e) \&amp; \$x\$ \[31m next"
    (row,) = [line for line in text.splitlines() if line.startswith(f"| {shown} | 10 |")]
    assert row == rf"| {shown} | 10 | 2 | 1 | 20 % |"
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    assert set(widths) == {4, 5, 6, 7, 8, 9, 10}


def test_failed_jobs_have_a_reason_and_a_link() -> None:
    """The newest first, twenty at once and the others folded; the sentence says how many there are."""
    failures = [failure(id=f"750Rm{number:013}") for number in range(100)]
    figures = make_figures(failures=failures, totals=counts(jobs_failed=700, jobs_failed_in_part=34))
    section = next(part for part in parsed(html_of(figures)).iter("section") if part[0].text == "Failed jobs")
    shown, folded = section.findall("table"), section.findall("details/table")
    assert [len(table.findall("tbody/tr")) for table in (*shown, *folded)] == [20, 80]
    first = shown[0].find("tbody/tr")
    assert first is not None
    assert [" ".join("".join(cell.itertext()).split()) for cell in first] == [
        "750Rm0000000000000", "insert Account", "Ann", "2026-03-02 15:30", "whole", "no such field", "9 of 9",
    ]  # fmt: skip
    assert [link.attrib for link in first.iter("a")] == [{"href": f"{ADDRESS}/lightning"}]
    assert "The newest 100 of 734 are listed." in [part.text for part in section.iter("p")]
    row = next(line for line in markdown_of(figures).splitlines() if line.startswith("| [750Rm0000000000000]"))
    assert row == (
        f"| [750Rm0000000000000]({ADDRESS}/lightning) | insert Account | Ann | 2026-03-02 15:30 | whole |"
        " no such field | 9 of 9 |"
    )


def test_a_job_names_its_org_if_there_are_several() -> None:
    """By its section, or by its id."""
    other = f"{ORG[:-1]}1"
    figures = make_figures(orgs=[org(), org(org_id=other, org=None)], failures=[failure(), failure(org_id=other)])
    names = re.findall(r"\[(750\w+ in .*?)\]", markdown_of(figures))
    assert names[:2] == ["750Rm000000001AAA in prod", f"750Rm000000001AAA in {other}"]


def test_html_and_markdown_have_the_same_figures() -> None:
    """Each cell of a table, in the same order."""
    figures = make_figures(40, gaps=[{"org_id": ORG, "gap_from": NOW - timedelta(days=9), "gap_to": NOW}])
    page, text = parsed(html_of(figures)), markdown_of(figures)
    in_html = [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in page.iterfind(".//tbody/tr")]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    in_markdown = [re.sub(r"\[(.*?)\]\(.*?\)", r"\1", line).replace("\\", "")[2:-2].split(" | ") for line in lines]
    headings = {at for at, line in enumerate(in_markdown) if set(line) <= {"---", "---:"}}
    rows = [line for at, line in enumerate(in_markdown) if at not in headings and at + 1 not in headings]
    assert rows[8:] == in_html
