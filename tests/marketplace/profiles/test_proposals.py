"""Skills read from texts: proposals until the person decides, and a no is remembered by its words."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.marketplace.profiles.conftest import NOW, Company
from tests.taxonomy.tiny import PIANO, TUNING

from bandmate.engines.skills import Linked, LinkedSkill
from bandmate.marketplace.profiles.domain import Field, Profile, SkillState, Use, Visibility
from bandmate.marketplace.profiles.evidence import evidence_hash, sentence_around
from bandmate.marketplace.profiles.naming import Named
from bandmate.marketplace.profiles.portfolio.claims import add_claim, claim_id_for, remove_claim
from bandmate.marketplace.profiles.portfolio.domain import ClaimKind, ClaimText
from bandmate.marketplace.profiles.queries import own_skills
from bandmate.marketplace.profiles.skills import accept_proposals, add_skills, decline_proposals, remove_skill
from bandmate.marketplace.profiles.tasks import read_texts
from bandmate.marketplace.profiles.writing import save_whole


@dataclass
class Finder:
    """A reader that finds the words it is given, wherever they stand."""

    words: dict[str, str] = field(default_factory=dict)
    version: str = "model-1"
    score: float = 0.7

    def skills(self, text: str, /) -> Linked:
        """Return the skills whose words stand in the text."""
        found = [
            LinkedSkill(uri, word, self.score, text.find(word), text.find(word) + len(word), named=True)
            for word, uri in self.words.items()
            if word in text
        ]
        return Linked(text, tuple(found))


FINDER = Finder({"pianos": PIANO, "strings": TUNING})


def write(company: Company, about: str, headline: str = "") -> None:
    """Have Anna write about herself."""
    with company.database.begin() as tx:
        save_whole(tx, Profile(company["anna"], headline=headline, about=about), version=None, now=NOW)


def read(company: Company, finder: Finder = FINDER) -> dict[str, str | None]:
    """Read Anna's texts; return her proposals with their evidence."""
    read_texts(company.database, finder, company["anna"], company.clock)
    return state(company, SkillState.PROPOSED)


def state(company: Company, which: SkillState) -> dict[str, str | None]:
    """Return Anna's skills in a state, with their evidence."""
    with company.database.read() as tx:
        return {each.uri: each.evidence for each in own_skills(tx, company["anna"], state=which)}


def decline(company: Company, uri: str) -> None:
    """Decline a proposal."""
    with company.database.begin() as tx:
        assert decline_proposals(tx, company["anna"], [uri], now=NOW) == 1


def test_what_is_read_is_proposed_with_its_sentence(company: Company) -> None:
    """Each skill comes with the sentence it was read from; reading again changes nothing."""
    write(company, "I like tea. I tune old pianos in churches. That is all.")
    assert read(company) == {PIANO: "I tune old pianos in churches"}
    before = company.count("profile_skill")
    assert read(company) == {PIANO: "I tune old pianos in churches"}
    assert company.count("profile_skill") == before == 1


def test_claims_are_read_too_and_what_is_gone_is_not_proposed(company: Company) -> None:
    """A claim's words give proposals; once it is removed, they go."""
    claim_id = claim_id_for(company["anna"], "a")
    with company.database.begin() as tx:
        add_claim(
            tx, company["anna"], claim_id, ClaimText(ClaimKind.PROJECT, "New strings for forty harps"), now=NOW
        )
    assert read(company) == {TUNING: "New strings for forty harps"}
    with company.database.begin() as tx:
        remove_claim(tx, company["anna"], claim_id, now=NOW)
    assert read(company) == {}


def test_what_was_declined_never_returns_from_the_same_words(company: Company) -> None:
    """Not by another model, by moving the sentence, by its case; only other words bring it back."""
    write(company, "I tune pianos.")
    read(company)
    decline(company, PIANO)
    assert read(company) == {}
    assert read(company, Finder(FINDER.words, "model-2", 0.99)) == {}
    write(company, "Something first. i  TUNE pianos! Something else.")
    assert read(company) == {}
    write(company, "", headline="I tune pianos")
    assert read(company) == {}
    write(company, "I restore pianos from Vienna.")
    assert read(company) == {PIANO: "I restore pianos from Vienna"}
    decline(company, PIANO)
    write(company, "I tune pianos. I restore pianos from Vienna.")
    assert read(company) == {}, "both sentences are remembered, not only the last"


def test_a_declined_sentence_does_not_hide_another_one(company: Company) -> None:
    """Where two texts speak of a skill and one was declined, the other one is proposed."""
    write(company, "I tune pianos.", headline="Master of pianos")
    read(company)
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.profile_skill set evidence = 'I tune pianos', source = 'about'"))
    decline(company, PIANO)
    assert read(company) == {PIANO: "Master of pianos"}


def test_what_was_accepted_is_never_changed(company: Company) -> None:
    """Another model, another text: an accepted skill stays as it was accepted, and is not proposed again."""
    write(company, "I tune pianos.")
    read(company)
    with company.database.begin() as tx:
        assert accept_proposals(tx, company["anna"], [PIANO, "own:never proposed"], now=NOW) == 1
    write(company, "I sell pianos.")
    assert read(company, Finder(FINDER.words, "model-2", 0.99)) == {}
    assert state(company, SkillState.ACCEPTED) == {PIANO: "I tune pianos"}
    assert company.count("profile_skill", "read_version = 'model-1'") == 1
    write(company, "")
    read(company)
    assert state(company, SkillState.ACCEPTED) == {PIANO: "I tune pianos"}


def test_a_removed_skill_does_not_come_back_by_itself(company: Company) -> None:
    """Taking an accepted skill off the profile remembers its words as a no."""
    write(company, "I tune pianos.")
    read(company)
    with company.database.begin() as tx:
        accept_proposals(tx, company["anna"], [PIANO], now=NOW)
        remove_skill(tx, company["anna"], PIANO, Use.HAS, now=NOW)
    assert read(company) == {}


def test_saying_it_oneself_beats_a_no(company: Company) -> None:
    """A skill that was declined can still be added by hand."""
    write(company, "I tune pianos.")
    read(company)
    decline(company, PIANO)
    with company.database.begin() as tx:
        add_skills(tx, company["anna"], [Named(PIANO, "tune pianos", "pianos")], Use.HAS, level=5, now=NOW)
    assert set(state(company, SkillState.ACCEPTED)) == {PIANO}


def test_matching_finds_accepted_skills_alone(company: Company) -> None:
    """The index that matching reads over holds accepted skills only."""
    with company.database.read() as tx:
        where = tx.execute(
            text("select pg_get_indexdef('marketplace.ix_profile_skill_skill_uri'::regclass)")
        ).scalar_one()
    assert "state = 'accepted'" in where


@given(st.text(max_size=200), st.integers(0, 200), st.integers(0, 20))
def test_evidence_is_words_of_the_text(whole: str, start: int, length: int) -> None:
    """Whatever the text and the span, the evidence is a short piece of it, and its hash can be had."""
    begin = min(start, len(whole))
    skill = LinkedSkill("u", "l", 0.5, begin, min(begin + length, len(whole)), named=False)
    evidence = sentence_around(whole, skill)
    assert len(evidence) <= 300
    assert evidence in " ".join(whole.split())
    assert len(evidence_hash(evidence)) == 16


def test_visibility_defaults_hide_where_one_wants_to_go() -> None:
    """Aims, target, wishes to learn and openness are seen by nobody unless the person says so."""
    hidden = {each for each, who in Profile(None).visibility.items() if who is Visibility.ME}  # type: ignore[arg-type]
    assert hidden == {Field.AIMS, Field.TARGET, Field.WANTS, Field.OPEN_TO}
