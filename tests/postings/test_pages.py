"""The front page, search and companies: what is found, how it is narrowed, and what is said when nothing is."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from tests.postings.pages_world import EVIL_TITLE, Reader, make_app, reader_of, words

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.slices import Names, active_filters, address, sentence
from bandmate.postings.web_query import read_query

STUDIO = BoardName("lever", "halfnote").org_id
NOBODY = Names({}, {})
PART = {"HX_Request": "true", "HX_Request_Type": "partial", "HX_Target": "div#results"}


@pytest.fixture
def reader(database: Database, settings: Settings, tmp_path: Path) -> Reader:
    """Somebody who looks at the pages of the story."""
    return reader_of(make_app(database, settings, tmp_path))


def rows(markup: str) -> list[str]:
    """Return the addresses of the postings in a list of results, in order."""
    table = re.search(r'<div class="jobs">.*?</table>', markup, re.DOTALL)
    return re.findall(r'<th scope="row"[^>]*><a href="(/jobs/[0-9a-f]{40})"', table[0]) if table else []


def total(markup: str) -> str:
    """Return what the page says it found."""
    found = re.search(r'<p class="results-total">(.*?)</p>', markup)
    assert found is not None
    return words(found[1])


def link(markup: str, label: str) -> str:
    """Return the address of the link that begins with these words."""
    for href, text in re.findall(r'<a [^>]*?href="([^"]*)"[^>]*>(.*?)</a>', markup, re.DOTALL):
        if words(text).startswith(label):
            return html.unescape(href)
    raise AssertionError(f"no link says {label!r}")


def test_the_front_page_says_what_there_is(reader: Reader) -> None:
    """It shows the figures, the newest postings and the companies that hire most."""
    seen = reader.see("/")
    assert "39 open jobs at 2 companies" in seen
    assert "Halfnote" in seen
    assert "Marigold Wax Records" in seen


def test_the_front_page_of_an_empty_house_says_how_to_begin(database: Database, settings: Settings) -> None:
    """Without a single posting it says why, and what to do."""
    from bandmate.app import create_app  # noqa: PLC0415 - the only test that needs it bare

    assert "bandmate boards add lever:spotify" in reader_of(create_app(settings, database)).see("/")


def test_search_shows_open_jobs_only_unless_asked(reader: Reader) -> None:
    """The page is of open jobs and says so by a chip; closed ones are asked for by status."""
    markup = reader.read("/jobs")
    assert total(markup) == "39 jobs"
    assert "Remove filter: Open" in words(markup)
    assert total(reader.read("/jobs?status=deleted")) == "1 job"
    assert total(reader.read(link(markup, "Remove filter: Open"))) == "40 jobs"


def test_the_pages_of_a_list_hold_everything_once(reader: Reader) -> None:
    """Following Next shows each posting exactly once, and the way back to the first page is there."""
    first = reader.read("/jobs")
    second = reader.read(link(first, "Next page"))
    assert len(rows(first)) == 25
    assert len({*rows(first), *rows(second)}) == len(rows(first)) + len(rows(second)) == 39
    assert rows(reader.read(link(second, "First page"))) == rows(first)
    assert "Next page" not in second


def test_words_and_filters_hold_together(reader: Reader) -> None:
    """Words are looked up, filters narrow them, and the title says both in a sentence."""
    markup = reader.read("/jobs?q=sound+engineer&work_model=hybrid&city=Berlin")
    assert total(markup) == "15 jobs"
    assert "<title>Hybrid jobs in Berlin for “sound engineer” · Bandmate</title>" in markup


def test_facets_count_their_own_filter_out(reader: Reader) -> None:
    """With one work model chosen, the others still show how many they would add."""
    facet = re.search(
        r"<legend>Work model</legend>.*?</fieldset>", reader.read("/jobs?work_model=hybrid"), re.DOTALL
    )
    assert facet is not None
    counts = dict(re.findall(r"<span>([^<]+)</span><span class=\"count\">(\d+)</span>", facet[0]))
    assert counts == {"Hybrid": "17", "Remote": "14", "On site": "1"}
    assert facet[0].count(" checked") == 1


def test_a_filter_without_a_hit_is_still_shown(reader: Reader) -> None:
    """A chosen value that nothing fits stays among the choices, so that it can be taken back."""
    assert re.search(r'value="Atlantis" checked', reader.read("/jobs?city=Atlantis"))


def test_nothing_found_offers_the_filter_that_stands_in_the_way(reader: Reader) -> None:
    """The empty page names the one filter without which the most is found, and leads there."""
    markup = reader.read("/jobs?q=sound&city=Berlin&department=Labels")
    assert "Without “Labels” there are" in words(markup)
    assert total(reader.read(link(markup, "Remove “Labels”"))) == "29 jobs"


def test_a_misspelt_word_is_said_to_be_replaced(reader: Reader) -> None:
    """Words that stand nowhere are replaced by similar ones, and the page says so."""
    seen = reader.see("/jobs?q=accountent")
    assert 'Nothing holds "accountent"' in seen
    assert "Tour Accountant" in seen


def test_without_an_index_filters_still_hold(database: Database, settings: Settings, tmp_path: Path) -> None:
    """Before the word index is ready the page says that words were left aside, and filters are right."""
    markup = reader_of(make_app(database, settings, tmp_path, indexed=False)).read(
        "/jobs?q=piano&work_model=on_site"
    )
    assert "the words “piano” were left aside" in words(markup)
    assert total(markup) == "1 job"


def test_htmx_is_given_the_results_alone(reader: Reader) -> None:
    """A request for the results brings them, the new title, and an address without empty fields."""
    answer = reader.get("/jobs?q=piano&salary_min=&city=", **PART)
    assert "<html" not in answer.text
    assert '<span id="slice" hx-swap-oob="true">Jobs for “piano”</span>' in answer.text
    assert answer.headers["HX-Push-Url"] == "/jobs?q=piano"


def test_the_page_says_how_the_api_gives_it(reader: Reader) -> None:
    """The request shown gets the same postings from the API."""
    markup = html.unescape(reader.read("/jobs?work_model=remote"))
    found = re.search(r"curl 'http://testserver(/job-postings/v1/jobs/search\?[^']*)'", markup)
    assert found is not None
    answer = reader.client.get(found[1]).json()
    assert answer["meta"]["total"] == int(total(markup).split()[0])


def test_a_value_that_cannot_be_used_is_told(reader: Reader) -> None:
    """An address with nonsense in it is answered with what is wrong, as 422."""
    answer = reader.get("/jobs?salary_min=much")
    assert answer.status_code == 422
    assert "write it in digits" in words(answer.text)


def test_a_hostile_title_is_only_text_in_lists(reader: Reader) -> None:
    """Markup in a title is shown, never run."""
    for path in ("/", "/jobs?q=alert", f"/companies/{STUDIO}", "/jobs?title=%3Cscript%3E&q=%22%3E%3Cscript%3E"):
        assert EVIL_TITLE not in reader.read(path)
        assert "<script>" not in reader.read(path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("", "Jobs"),
        ("work_model=hybrid&department=Engineering&city=Berlin", "Hybrid Engineering jobs in Berlin"),
        ("work_model=hybrid&work_model=remote&company=Halfnote", "Hybrid or remote jobs at Halfnote"),
        ("country=DE&country=SE&employment_type=internship", "Internship jobs in Germany or Sweden"),
        ("city=A&city=B&city=C&city=D", "Jobs in 4 cities"),
        ("status=deleted&provider=lever", "Closed jobs on Lever"),
        ("title=tuner", "Jobs named “tuner”"),
    ],
)
def test_a_slice_has_a_sentence(asked: str, said: str) -> None:
    """A page of filtered jobs is called what a person would call it."""
    pairs = [tuple(pair.split("=")) for pair in asked.split("&") if pair]
    assert sentence(read_query(pairs, default_status=(Status.ACTIVE,)), NOBODY) == said  # type: ignore[arg-type]  # pairs of two


def test_every_filter_can_be_taken_back() -> None:
    """Removing the filters of a query one after the other leaves none of them, whatever they were."""
    query = read_query(
        [
            *(("q", "piano"), ("title", "tuner"), ("city", "Berlin"), ("city", "Malmö"), ("work_model", "remote")),
            *(
                ("salary_min", "1000"),
                ("salary_exists", "true"),
                ("posted_after", "2026-01-01"),
                ("status", "active"),
            ),
            *(("changed_before", "2026-02-03T04:05:06Z"), ("org_id", str(STUDIO)), ("language", "en")),
        ]
    )
    labels = []
    while filters := active_filters(query, NOBODY):
        labels.append(filters[0].label)
        query = filters[0].without
    assert len(labels) == 12
    assert {"“piano”", "Berlin", "Pay reaches 1,000 a year", "Posted since 1 Jan 2026", "English"} <= set(labels)
    assert address(query) == "/jobs?status=active&status=expired&status=deleted"


def test_the_address_of_open_jobs_is_the_short_one() -> None:
    """The page's own default is not written into its address, and all statuses are."""
    assert address(JobQuery(status=(Status.ACTIVE,))) == "/jobs"
    assert address(JobQuery()) == "/jobs?status=active&status=expired&status=deleted"


def test_companies_are_listed_and_found(reader: Reader) -> None:
    """The list has both companies, the one with more open jobs first; a part of the name finds one."""
    seen = reader.see("/companies")
    assert seen.index("Halfnote") < seen.index("Marigold Wax Records")
    assert "Halfnote" not in reader.see("/companies?name=marigold").partition("Newest posting")[2]
    assert "No company of that name" in reader.see("/companies?name=100%25")


def test_a_company_in_figures_leads_to_the_rows_behind_them(reader: Reader) -> None:
    """Each bar of a breakdown is a link to exactly as many postings as it says."""
    markup = reader.read(f"/companies/{STUDIO}")
    bars = re.findall(
        r'<th scope="row"[^>]*><a href="(/jobs\?[^"]*)">[^<]*</a></th>.*?<td class="numeric">(\d+)',
        markup,
        re.DOTALL,
    )
    assert len(bars) == 7
    for href, count in bars:
        assert total(reader.read(html.unescape(href))).split()[0] == count


def test_the_weeks_of_a_company_are_in_a_table_too(reader: Reader) -> None:
    """The drawing by week stands beside a table with the same numbers."""
    markup = reader.read(f"/companies/{STUDIO}")
    assert "33 postings opened and 1 closed in 12 weeks" in markup
    assert "2 Mar 2026" in words(markup.partition("As a table")[2])


def test_an_unknown_company_is_not_found(reader: Reader) -> None:
    """A company that is not there is answered with 404."""
    assert reader.get("/companies/00000000-0000-0000-0000-000000000000").status_code == 404
