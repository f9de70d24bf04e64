"""Keeping one's profile with a browser: sections, what was typed, skills, proposals."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import text
from tests.marketplace.profiles.conftest import NOW, Browsers, Company
from tests.postings.pages_world import Reader
from tests.taxonomy.tiny import PIANO, TUNER, TUNING

from bandmate.kernel.database.session import Database
from bandmate.marketplace.profiles.domain import Field, SkillState, Use
from bandmate.marketplace.profiles.evidence import Found
from bandmate.marketplace.profiles.proposals import propose
from bandmate.marketplace.profiles.queries import own_profile, own_skills

EVIL = "<script>alert('me')</script>"


def seen_mark(reader: Reader, section: str) -> str:
    """Return the mark in the form of a section."""
    found = re.search(r'name="seen" value="([^"]*)"', reader.read(f"/me/profile/{section}"))
    assert found is not None
    return html.unescape(found[1])


def save(reader: Reader, section: str, *, seen: str | None = None, **fields: str) -> int:
    """Send a section's form; return the status."""
    mark = seen_mark(reader, section) if seen is None else seen
    page = f"/me/profile/{section}"
    return reader.submit(page, page, seen=mark, **fields).status_code


ABOUT = {"shown_headline": "company", "shown_about": "team"}


def test_an_empty_profile_invites(browsers: Browsers) -> None:
    """An empty profile shows what would stand there, and at most three hints, none of them a must."""
    page = browsers["anna"].see("/me/profile")
    assert "If you have a minute" in page
    assert "None of them is a must" in page
    assert "Nothing yet." in page


@pytest.mark.parametrize("name", ["stranger", "left"])
def test_who_does_not_work_here_is_told_who_can_help(browsers: Browsers, name: str) -> None:
    """Somebody outside of the directory gets a page that says what to do."""
    answer = browsers[name].get("/me/profile")
    assert answer.status_code == 403
    assert "Ask your people team to add you to the directory" in answer.text
    assert "the role you need" not in answer.text, "one way out, the right one"


def test_a_section_is_saved_with_who_sees_it(company: Company, browsers: Browsers) -> None:
    """What was typed and who may see it are saved together, shown as text, never as markup."""
    assert save(browsers["anna"], "about", headline=EVIL, about="I tune.\r\nI listen.", **ABOUT) == 303
    with company.database.read() as tx:
        held = own_profile(tx, company["anna"])
    assert (held.headline, held.about, held.version) == (EVIL, "I tune.\nI listen.", 1)
    assert held.visibility[Field.ABOUT] == "team"
    page = browsers["anna"].read("/me/profile")
    assert EVIL not in page
    assert html.escape(EVIL, quote=False).replace("'", "&#39;") in page


def test_two_windows_lose_nothing(company: Company, browsers: Browsers) -> None:
    """Saving over what another window saved is refused once, with both texts shown; then it is deliberate."""
    anna = browsers["anna"]
    old = seen_mark(anna, "about")
    assert save(anna, "about", headline="First", **ABOUT) == 303
    answer = anna.submit("/me/profile/about", "/me/profile/about", seen=old, headline="Second", **ABOUT)
    assert answer.status_code == 409
    assert 'value="Second"' in answer.text
    assert "First" in answer.text
    with company.database.read() as tx:
        assert own_profile(tx, company["anna"]).headline == "First"
    mark = re.search(r'name="seen" value="([^"]*)"', answer.text)
    assert mark is not None
    assert save(anna, "about", seen=mark[1], headline="Second", **ABOUT) == 303
    with company.database.read() as tx:
        assert own_profile(tx, company["anna"]).headline == "Second"


def test_another_section_is_no_conflict(browsers: Browsers) -> None:
    """Two windows on different sections do not get into each other's way; nor does the same text saved twice."""
    anna = browsers["anna"]
    old = seen_mark(anna, "about")
    assert (
        save(anna, "strengths", strengths="Calm", interests="", shown_strengths="me", shown_interests="me") == 303
    )
    assert save(anna, "about", seen=old, headline="First", **ABOUT) == 303
    assert save(anna, "about", seen=old, headline="First", **ABOUT) == 303


@pytest.mark.parametrize(
    ("section", "fields", "told"),
    [
        ("about", {"headline": "x" * 200, **ABOUT}, "at most 120 fit"),
        ("about", {"headline": "x", "shown_headline": "world", "shown_about": "me"}, "Choose who may see this"),
        (
            "availability",
            {"hours_per_week": "a lot", "shown_availability": "me", "shown_open_to": "me"},
            "as a number",
        ),
        (
            "availability",
            {"hours_per_week": "NaN", "shown_availability": "me", "shown_open_to": "me"},
            "between 0 and 60",
        ),
        (
            "availability",
            {"available_from": "soon", "shown_availability": "me", "shown_open_to": "me"},
            "2027-03-31",
        ),
        (
            "aims",
            {"target_kind": "occupation", "target_words": "tuner", "shown_aims": "me", "shown_target": "me"},
            "piano tuner",
        ),
        (
            "aims",
            {"target_kind": "opportunity", "target_opportunity": "x", "shown_aims": "me", "shown_target": "me"},
            "open to you",
        ),
    ],
)
def test_what_cannot_be_saved_comes_back(
    browsers: Browsers, section: str, fields: dict[str, str], told: str
) -> None:
    """A wrong value is named in a sentence, and everything typed is still there."""
    page = f"/me/profile/{section}"
    answer = browsers["anna"].submit(page, page, seen=seen_mark(browsers["anna"], section), **fields)
    assert answer.status_code == 422
    assert told in answer.text
    for typed in fields.values():
        assert typed in answer.text or typed == "world", "no list holds a choice that there is not"


def test_option_a_is_an_occupation_of_the_vocabulary(company: Company, browsers: Browsers) -> None:
    """The name of an occupation becomes its concept, with the date one hopes for."""
    fields = {"target_kind": "occupation", "target_words": "Piano Tuner", "target_by": "2028-02-01"}
    assert save(browsers["anna"], "aims", **fields, aims="Grow", shown_aims="me", shown_target="me") == 303
    with company.database.read() as tx:
        target = own_profile(tx, company["anna"]).target
    assert target is not None
    assert (target.uri, target.label, str(target.by)) == (TUNER, "piano tuner", "2028-02-01")


def test_only_open_kinds_can_be_ticked(company: Company, browsers: Browsers) -> None:
    """A kind that is not launched is neither shown nor taken; one that closes later is kept unseen."""
    company.open_to_all("project")
    assert "Mentoring" not in browsers["anna"].see("/me/profile/availability")
    fields = {"shown_availability": "me", "shown_open_to": "me"}
    assert save(browsers["anna"], "availability", open_to="mentoring", **fields) == 303
    with company.database.read() as tx:
        assert own_profile(tx, company["anna"]).open_to == frozenset()
    assert save(browsers["anna"], "availability", open_to="project", **fields) == 303
    company.open_to_all("job")
    assert save(browsers["anna"], "availability", open_to="job", **fields) == 303
    with company.database.read() as tx:
        assert own_profile(tx, company["anna"]).open_to == {"job", "project"}


def test_ranking_is_switched_off_for_good(company: Company, browsers: Browsers) -> None:
    """Unticking the machine's ranking stays so, whatever else is saved."""
    assert save(browsers["anna"], "ranking") == 303
    assert save(browsers["anna"], "about", headline="x", **ABOUT) == 303
    with company.database.read() as tx:
        assert own_profile(tx, company["anna"]).ai_ranking is False


def add(reader: Reader, skill: str, **fields: str) -> int:
    """Add skills; return the status."""
    return reader.submit("/me/profile", "/me/profile/skills", skill=skill, **({"use": "has"} | fields)).status_code


def test_own_words_are_linked_where_a_concept_is_meant(company: Company, browsers: Browsers) -> None:
    """A name of a concept, whatever its case, becomes the concept; other words stand for themselves."""
    assert add(browsers["anna"], "Tune Pianos, Instrumente stimmen, Making  Coffee", level="4") == 303
    with company.database.read() as tx:
        found = {each.uri: (each.own_words, each.level) for each in own_skills(tx, company["anna"])}
    assert found == {
        PIANO: ("Tune Pianos", 4),
        TUNING: ("Instrumente stimmen", 4),
        "own:making coffee": ("Making Coffee", 4),
    }


def test_a_removed_skill_comes_back_by_undo(company: Company, browsers: Browsers) -> None:
    """Removing leaves an undo that brings the skill back with its level."""
    anna = browsers["anna"]
    add(anna, "C++ & <more>", level="2")
    uri = "own:c++ & <more>"
    assert anna.submit("/me/profile", "/me/profile/skills/remove", uri=uri, use="has").status_code == 303
    page = anna.read("/me/profile")
    undo = re.search(r'action="(/me/profile/skills/restore[^"]*)"', page)
    assert undo is not None
    with company.database.read() as tx:
        assert own_skills(tx, company["anna"]) == ()
    assert anna.submit("/me/profile", html.unescape(undo[1])).status_code == 303
    with company.database.read() as tx:
        assert [(each.uri, each.level) for each in own_skills(tx, company["anna"])] == [(uri, 2)]


@pytest.mark.parametrize(
    "fields", [{"skill": ""}, {"skill": "x" * 200}, {"skill": "x", "level": "9"}, {"skill": "x", "use": "sells"}]
)
def test_a_skill_that_cannot_be_added_comes_back(browsers: Browsers, fields: dict[str, str]) -> None:
    """What is wrong is said on the page, with what was typed."""
    answer = browsers["anna"].submit("/me/profile", "/me/profile/skills", **({"use": "has"} | fields))
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def given(database: Database, company: Company, *uris: str, evidence: str = "I tune pianos") -> int:
    """Propose skills to Anna."""
    found = [Found(uri, uri.rpartition("/")[2], evidence, 0.8, "about") for uri in uris]
    with database.begin() as tx:
        return propose(tx, company["anna"], found, read_version="m1", now=NOW)


def test_proposals_are_decided_in_bulk(company: Company, browsers: Browsers) -> None:
    """Ticked ones or all can be accepted or declined at once; each shows the words it was read from."""
    anna = browsers["anna"]
    given(company.database, company, PIANO, TUNING, "own:a", "own:b")
    page = anna.see("/me/profile")
    assert "I tune pianos" in page
    assert "80" in page
    anna.submit("/me/profile", "/me/profile/proposals", decision="accept", uri=PIANO)
    anna.submit("/me/profile", "/me/profile/proposals", decision="decline", uri=TUNING)
    with company.database.read() as tx:
        assert [each.uri for each in own_skills(tx, company["anna"])] == [PIANO]
        assert [each.uri for each in own_skills(tx, company["anna"], state=SkillState.DECLINED)] == [TUNING]
    anna.submit("/me/profile", "/me/profile/proposals", decision="accept_all")
    with company.database.read() as tx:
        assert len(own_skills(tx, company["anna"])) == 3


def test_today_tells_of_proposals_and_questions(company: Company, browsers: Browsers) -> None:
    """A card says how many skills were read; who has none has no card."""
    assert "may be missing on your profile" not in browsers["anna"].see("/today")
    given(company.database, company, PIANO)
    assert "1 skill may be missing on your profile" in browsers["anna"].see("/today")


def test_nobody_writes_on_anothers_profile(company: Company, browsers: Browsers) -> None:
    """There is no address at which another's profile could be changed: each form writes the asker's own."""
    save(browsers["anna"], "about", headline="Mine", **ABOUT)
    save(browsers["boss"], "about", headline="His", **ABOUT)
    add(browsers["boss"], "tune pianos")
    with company.database.read() as tx:
        assert own_profile(tx, company["anna"]).headline == "Mine"
        assert own_skills(tx, company["anna"]) == ()
        assert [each.use for each in own_skills(tx, company["boss"])] == [Use.HAS]


def test_a_change_of_words_asks_for_reading_them(company: Company, browsers: Browsers) -> None:
    """Saving a text defers one job that reads it; saving who sees it does not."""
    query = text(
        "select count(*) from procrastinate.procrastinate_jobs where task_name = 'marketplace.read_profile'"
    )
    save(browsers["anna"], "style", pace="1", shown_working_style="me")
    with company.database.read() as tx:
        assert tx.execute(query).scalar_one() == 0
    save(browsers["anna"], "about", about="I tune", **ABOUT)
    save(browsers["anna"], "about", about="I tune pianos", **ABOUT)
    with company.database.read() as tx:
        assert tx.execute(query).scalar_one() == 1
