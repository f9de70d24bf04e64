"""JSON Resume in and out: what a file offers, hostile files, and that nothing which stands is replaced."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.marketplace.profiles.conftest import NOW, Browsers, Company
from tests.taxonomy.tiny import PIANO

from bandmate.kernel.errors import InvalidInput, TooLarge
from bandmate.marketplace.profiles.domain import Profile, SkillState
from bandmate.marketplace.profiles.portfolio.claims import add_claim, claim_id_for
from bandmate.marketplace.profiles.portfolio.domain import Claim, ClaimKind, ClaimText
from bandmate.marketplace.profiles.portfolio.queries import claims_of
from bandmate.marketplace.profiles.queries import own_profile, own_skills
from bandmate.marketplace.profiles.resume.reading import LARGEST, read_resume
from bandmate.marketplace.profiles.resume.taking import offers, take
from bandmate.marketplace.profiles.resume.writing import claims_csv, json_resume
from bandmate.marketplace.profiles.visibility import own_whole
from bandmate.marketplace.profiles.writing import save_whole

# After the schema's own field names (jsonresume.org/schema, 1.0.0); the words are ours.
RESUME: dict[str, Any] = {
    "basics": {
        "name": "Anna Secret",
        "label": "Piano technician",
        "image": "https://pictures.example/me.jpg",
        "email": "anna.secret@home.example",
        "phone": "+1 555 secret",
        "summary": "I tune <b>old</b> pianos.<script>alert(1)</script>",
        "location": {"address": "Secret Street 1", "city": "Lisbon"},
    },
    "work": [
        {
            "name": "Halfnote Studio",
            "position": "Technician",
            "startDate": "2019-03",
            "endDate": "2021",
            "summary": "Kept forty pianos in tune.",
            "highlights": ["Built a humidity log", 7, None],
        },
        {"name": "No position here"},
        {"summary": "no title at all"},
    ],
    "education": [
        {"institution": "School of Wood", "area": "Joinery", "studyType": "Diploma", "endDate": "2018-02"}
    ],
    "awards": [{"title": "Best tuner", "awarder": "City", "date": "2020-05-06"}],
    "certificates": [{"name": "First aid", "issuer": "Red", "date": "2022-02-30"}],
    "skills": [{"name": "Tune pianos", "level": "Master", "keywords": ["Coffee", "tune pianos"]}],
    "interests": [{"name": "Sailing"}],
    "references": [{"name": "Boss Secret", "reference": "Secret praise"}],
    "projects": "not a list",
}
WRITTEN = json.dumps(RESUME).encode()


def test_what_a_file_offers() -> None:
    """Sections become claims with spans of dates; a day that is none is left out, markup goes, lists are read."""
    found = read_resume(WRITTEN)
    assert (found.headline, found.about, found.interests) == (
        "Piano technician",
        "I tune old pianos.",
        ("Sailing",),
    )
    assert found.skills == ("tune pianos", "Coffee")
    got = [(e.said.kind.value, e.said.title, str(e.said.from_date), str(e.said.to_date)) for e in found.entries]
    assert got == [
        ("experience", "Technician", "2019-03-01", "2021-12-31"),
        ("experience", "No position here", "None", "None"),
        ("education", "Joinery", "None", "2018-02-28"),
        ("certificate", "First aid", "None", "None"),
        ("recognition", "Best tuner", "2020-05-06", "2020-05-06"),
    ]
    assert found.entries[0].said.words == "Kept forty pianos in tune.\n- Built a humidity log"


def test_who_one_is_is_not_read() -> None:
    """Name, picture, addresses, telephone and what others wrote are nowhere in what a file offers."""
    assert "ecret" not in repr(read_resume(WRITTEN))


@pytest.mark.parametrize(
    "written",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[" * 5_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
    ],
)
def test_what_is_no_resume_is_refused(written: bytes) -> None:
    """No JSON, another type, or nesting without end: one sentence, no fault."""
    with pytest.raises(InvalidInput):
        read_resume(written)


def test_a_large_file_is_refused() -> None:
    """A file beyond the limit is not even parsed."""
    with pytest.raises(TooLarge):
        read_resume(b'{"a":"' + b"x" * LARGEST + b'"}')


def test_many_entries_are_cut() -> None:
    """A file with thousands of entries offers as many as somebody can look through."""
    whole = {
        "work": [{"position": f"p{number}"} for number in range(5_000)],
        "skills": [{"name": str(n)} for n in range(5_000)],
    }
    found = read_resume(orjson.dumps(whole))
    assert (len(found.entries), len(found.skills)) == (150, 80)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=30)
    | st.sampled_from(["2020-01", "9999-99-99", "1000-01-01", "<b>", "<!--"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "basics",
                    "label",
                    "summary",
                    "work",
                    "position",
                    "name",
                    "startDate",
                    "endDate",
                    "skills",
                    "keywords",
                    "interests",
                    "awards",
                    "title",
                    "date",
                    "bandmate:kind",
                    "bandmate:skills",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["basics", "work", "skills", "interests", "awards", "education"]), JSON, max_size=5
    )
)
def test_any_shape_is_read_or_refused(whole: dict[str, Any]) -> None:
    """Whatever stands where, the file is read or refused, and what is read can be kept."""
    try:
        read_resume(json.dumps(whole).encode("utf-8", "surrogatepass"))
    except InvalidInput:
        return


def claims(company: Company) -> tuple[Claim, ...]:
    """Return Anna's claims."""
    with company.database.read() as tx:
        return claims_of(tx, [company["anna"]])[company["anna"]]


def test_only_what_was_ticked_and_never_over_what_stands(company: Company) -> None:
    """Fields that hold something stay; skills come as proposals, claims for oneself; again, nothing changes."""
    resume = read_resume(WRITTEN)
    with company.database.begin() as tx:
        save_whole(tx, Profile(company["anna"], headline="Mine"), version=None, now=NOW)
        every = {each.key for each in offers(tx, company["anna"], resume)} | {"nothing-99"}
        for _ in range(2):
            take(tx, company["anna"], resume, every - {"claim-1"}, company.settings, now=NOW)
        held = own_profile(tx, company["anna"])
        proposed = {each.uri: each.source for each in own_skills(tx, company["anna"], state=SkillState.PROPOSED)}
        assert own_skills(tx, company["anna"]) == ()
        offered = {each.key: each.there for each in offers(tx, company["anna"], resume)}
    assert (held.headline, held.about, held.interests) == ("Mine", "I tune old pianos.", ("Sailing",))
    assert proposed == {PIANO: "resume", "own:coffee": "resume"}
    assert len(claims(company)) == 4
    assert {each.visibility.value for each in claims(company)} == {"me"}
    assert offered["claim-0"] is True
    assert offered["claim-1"] is False


def test_what_leaves_comes_back(company: Company) -> None:
    """An export as JSON Resume, read by another installation, gives the same claims, kinds, dates, skills."""
    with company.database.begin() as tx:
        for kind in ClaimKind:
            single = kind in {ClaimKind.CERTIFICATE, ClaimKind.RECOGNITION}
            begins = date(2026, 1, 2)
            ends = begins if single else date(2026, 3, 4)
            skills = {PIANO: "tune pianos"}
            said = ClaimText(
                kind,
                f"A {kind}",
                "Words\nmore",
                "Place",
                begins,
                ends,
                skills=skills,
            )
            add_claim(tx, company["anna"], claim_id_for(company["anna"], kind), said, now=NOW)
    with company.database.read() as tx:
        written = orjson.dumps(json_resume(own_whole(tx, company["anna"]), "Anna", None, NOW))
    read = {
        (e.said.kind, e.said.title, e.said.words, e.said.organisation, e.said.from_date, e.said.to_date, e.skills)
        for e in read_resume(written).entries
    }
    assert read == {
        (c.kind, c.title, c.words, c.organisation, c.from_date, c.to_date, tuple(c.skills.values()))
        for c in claims(company)
    }


def test_a_table_runs_no_formula(company: Company) -> None:
    """A cell that begins like a formula is made a text for spreadsheets."""
    with company.database.begin() as tx:
        said = ClaimText(ClaimKind.PROJECT, "=HYPERLINK(1)", 'a\n"b",c')
        add_claim(tx, company["anna"], claim_id_for(company["anna"], "x"), said, now=NOW)
    rows = list(csv.DictReader(io.StringIO(claims_csv(claims(company), {}))))
    assert (rows[0]["title"], rows[0]["words"]) == ("'=HYPERLINK(1)", 'a\n"b",c')


def test_the_way_with_a_browser(company: Company, browsers: Browsers) -> None:
    """Choose a file, see what it offers, take it over; the preview alone changes nothing."""
    anna = browsers["anna"]
    guard = re.search(r'name="csrf_token" value="([^"]+)"', anna.read("/me/profile/import"))
    assert guard is not None
    preview = anna.client.post(
        "/me/profile/import",
        data={"csrf_token": html.unescape(guard[1]), "text": ""},
        files={"file": ("me.json", WRITTEN, "application/json")},
        headers={"Origin": "http://testserver", "Accept": "text/html"},
    )
    assert preview.status_code == 200
    assert "Technician" in preview.text
    assert "alert(1)" not in re.sub(r"<input[^>]*>", "", preview.text)
    assert company.count("claim") == 0
    kept = re.search(r'name="text" value="([^"]*)"', preview.text)
    assert kept is not None
    sent = {"text": html.unescape(kept[1]), "chosen": "claim-0"}
    assert anna.submit("/me/profile/import", "/me/profile/import/take", **sent).status_code == 303
    assert [each.title for each in claims(company)] == ["Technician"]


@pytest.mark.parametrize("written", ["", "{", "{}", "[" * 3000])
def test_a_file_that_cannot_be_used_comes_back(browsers: Browsers, written: str) -> None:
    """The page says what is wrong and keeps what was pasted."""
    answer = browsers["anna"].submit("/me/profile/import", "/me/profile/import", text=written)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
