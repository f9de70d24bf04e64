"""What is held about a person: exported whole, erased without harming others' evidence, merged and split again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.marketplace.profiles.conftest import NOW, Company

from bandmate.kernel.database.session import Tx
from bandmate.kernel.tasks import TaskContext
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.domain import Profile, Use
from bandmate.marketplace.profiles.evidence import Found
from bandmate.marketplace.profiles.holding import HOLDING
from bandmate.marketplace.profiles.naming import Named
from bandmate.marketplace.profiles.portfolio.claims import add_claim, claim_id_for, one, remove_claim
from bandmate.marketplace.profiles.portfolio.confirmations import answer, ask
from bandmate.marketplace.profiles.portfolio.domain import ClaimKind, ClaimText, Role
from bandmate.marketplace.profiles.proposals import propose
from bandmate.marketplace.profiles.skills import add_skills, decline_proposals
from bandmate.marketplace.profiles.tasks import forget_removed_claims
from bandmate.marketplace.profiles.writing import save_whole

TABLES = ("profile", "profile_skill", "profile_skill_declined", "claim", "claim_skill", "claim_confirmation")


def fill(tx: Tx, company: Company, who: str, confirmer: str, key: str = "x") -> ClaimId:
    """Give somebody a row in every table, confirmed by somebody else."""
    person = company[who]
    save_whole(tx, Profile(person, headline=f"Headline of {who}"), version=None, now=NOW)
    add_skills(tx, person, [Named(f"own:{key}", key, key)], Use.HAS, level=None, now=NOW)
    propose(tx, person, [Found(f"own:no {key}", "no", "words", 0.5, "about")], read_version="m", now=NOW)
    decline_proposals(tx, person, [f"own:no {key}"], now=NOW)
    claim_id = claim_id_for(person, key)
    add_claim(
        tx, person, claim_id, ClaimText(ClaimKind.PROJECT, f"Claim of {who}", skills={"own:a": "a"}), now=NOW
    )
    ask(tx, person, claim_id, company[confirmer], Role.COLLEAGUE, now=NOW)
    answer(tx, company[confirmer], claim_id, confirms=True, words=f"Words of {confirmer}", version=1, now=NOW)
    return claim_id


def rows(tx: Tx) -> dict[str, list[Any]]:
    """Return every row of the room."""
    return {
        name: sorted(map(tuple, tx.execute(text(f"select * from marketplace.{name}"))), key=repr)
        for name in TABLES
    }


def test_the_holding_lists_every_table_of_the_room() -> None:
    """No table of profiles is outside of export and erasure."""
    assert HOLDING.tables == tuple(f"marketplace.{name}" for name in TABLES)


def test_an_export_is_whole(company: Company) -> None:
    """Profile, skills in every state, claims with their confirmations, and what one confirmed for others."""
    with company.database.begin() as tx:
        fill(tx, company, "anna", "boss")
        exported = repr(HOLDING.export(tx, company["anna"]))
        given = repr(HOLDING.export(tx, company["boss"]))
        nothing = HOLDING.export(tx, company["other"])
    for words in ("Headline of anna", "own:x", "own:no x", "Claim of anna", "Words of boss", "Boss"):
        assert words in exported
    assert "Words of boss" in given
    assert "Headline of anna" not in given
    assert nothing == {
        "profile": None,
        "skills": [],
        "declined_skills": [],
        "claims": [],
        "confirmations_asked_of_you": [],
    }


def test_erasure_takes_everything_of_ones_own(company: Company) -> None:
    """Nothing of the person stays; what they confirmed stays confirmed, without their words; twice is as once."""
    with company.database.begin() as tx:
        fill(tx, company, "anna", "boss")
        kept = fill(tx, company, "boss", "anna")
        for _ in range(2):
            HOLDING.erase(tx, company["anna"], NOW)
        assert HOLDING.export(tx, company["anna"])["claims"] == []  # type: ignore[call-overload, index]
        found = one(tx, company["boss"], kept).confirmations[0]
        assert (found.is_confirmed, found.words) == (True, "")
        everything = repr(rows(tx))
    assert "Headline of anna" not in everything
    assert "Words of anna" not in everything


@pytest.mark.parametrize("both", [False, True])
def test_a_merge_can_be_split_again(company: Company, *, both: bool) -> None:
    """Merging gives what there is room for; splitting brings every row back to where it was."""
    with company.database.begin() as tx:
        fill(tx, company, "anna", "boss")
        if both:
            fill(tx, company, "other", "boss", key="x")
        before = rows(tx)
        moved = HOLDING.merge(tx, company["other"], company["anna"], NOW)
        assert (
            tx.execute(
                text("select count(*) from marketplace.claim where person_id = :p"), {"p": company["other"]}
            ).scalar_one()
            == 1 + both
        )
        HOLDING.split(tx, company["other"], company["anna"], moved, NOW)
        assert rows(tx) == before


def test_a_merge_makes_nobody_their_own_witness(company: Company) -> None:
    """Where the merged person had confirmed the kept one's claim, that confirmation counts no more."""
    with company.database.begin() as tx:
        claim_id = fill(tx, company, "anna", "boss")
        HOLDING.merge(tx, company["anna"], company["boss"], NOW)
        assert one(tx, company["anna"], claim_id).confirmations == ()


def test_removed_claims_are_forgotten_after_a_day(company: Company) -> None:
    """What was removed can be brought back for a day; then it is gone with all that hangs on it."""
    context = TaskContext(company.database, company.clock, 1, None, lambda: False)
    with company.database.begin() as tx:
        claim_id = fill(tx, company, "anna", "boss")
        remove_claim(tx, company["anna"], claim_id, now=NOW)
    company.now = NOW + timedelta(hours=23)
    forget_removed_claims(context)
    assert company.count("claim") == 1
    company.now = NOW + timedelta(hours=25)
    forget_removed_claims(context)
    assert (company.count("claim"), company.count("claim_confirmation")) == (0, 0)
