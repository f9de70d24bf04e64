"""The evidence portfolio: claims, who confirms them, and what becomes of a confirmation when the claim changes."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from sqlalchemy import text
from tests.marketplace.profiles.conftest import NOW, Browsers, Company

from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.domain import Use, Visibility
from bandmate.marketplace.profiles.naming import Named
from bandmate.marketplace.profiles.portfolio.claims import (
    add_claim,
    change_claim,
    claim_id_for,
    one,
    remove_claim,
    restore_claim,
)
from bandmate.marketplace.profiles.portfolio.confirmations import answer, ask, withdraw
from bandmate.marketplace.profiles.portfolio.domain import (
    MOST_OPEN_ASKS,
    Claim,
    ClaimKind,
    ClaimText,
    ConfirmationState,
    Role,
)
from bandmate.marketplace.profiles.portfolio.queries import asked_of
from bandmate.marketplace.profiles.skills import add_skills
from bandmate.marketplace.profiles.visibility import visible_profile

SAID = ClaimText(
    ClaimKind.PROJECT,
    "Harp week",
    "Forty harps",
    "Studio",
    date(2026, 1, 1),
    date(2026, 2, 1),
    skills={"own:harps": "harps"},
)


@pytest.fixture
def claim(company: Company) -> ClaimId:
    """Something Anna did, visible to everyone."""
    claim_id = claim_id_for(company["anna"], "harps")
    with company.database.begin() as tx:
        add_claim(tx, company["anna"], claim_id, SAID, visibility=Visibility.COMPANY, now=NOW)
    return claim_id


def asked(company: Company, claim: ClaimId, who: str = "boss") -> Claim:
    """Have Anna ask somebody."""
    with company.database.begin() as tx:
        return ask(tx, company["anna"], claim, company[who], Role.HOST, now=company.later(minutes=1))


def answered(
    company: Company, claim: ClaimId, *, confirms: bool = True, who: str = "boss", version: int = 1
) -> None:
    """Have somebody answer."""
    with company.database.begin() as tx:
        answer(
            tx,
            company[who],
            claim,
            confirms=confirms,
            words="I was there",
            version=version,
            now=company.later(minutes=1),
        )


def changed(
    company: Company, claim: ClaimId, said: ClaimText, visibility: Visibility = Visibility.COMPANY
) -> Claim:
    """Have Anna change her claim."""
    with company.database.begin() as tx:
        return change_claim(tx, company["anna"], claim, said, visibility=visibility, version=None, now=company.now)


def states(company: Company, claim: ClaimId) -> list[ConfirmationState]:
    """Return the states of the claim's confirmations."""
    with company.database.read() as tx:
        return [each.state for each in one(tx, company["anna"], claim).confirmations]


def test_the_same_thing_is_added_once(company: Company, claim: ClaimId) -> None:
    """A room that adds twice what was finished adds one claim, and what its person made of it stays."""
    changed(company, claim, ClaimText(ClaimKind.PROJECT, "My harp week"))
    with company.database.begin() as tx:
        assert add_claim(tx, company["anna"], claim, SAID, now=NOW).title == "My harp week"
    assert company.count("claim") == 1


def test_a_confirmation_strengthens_the_skill(company: Company, claim: ClaimId) -> None:
    """Once confirmed, the skill shows by how many people, to those who may see the claim; before, nothing."""
    with company.database.begin() as tx:
        add_skills(tx, company["anna"], [Named("own:harps", "harps", "harps")], Use.HAS, level=None, now=NOW)

    def confirmed(who: str) -> int:
        with company.database.read() as tx:
            return visible_profile(tx, company[who], company["anna"]).skills[0].confirmed

    asked(company, claim)
    assert confirmed("other") == 0
    answered(company, claim)
    asked(company, claim, "mate")
    answered(company, claim, who="mate")
    assert confirmed("other") == 2
    changed(company, claim, SAID, Visibility.TEAM)
    assert (confirmed("other"), confirmed("mate")) == (0, 2)


def test_asking_and_answering_send_one_message_each(company: Company, claim: ClaimId) -> None:
    """Who is asked gets one message, however often one asks; who asked hears the answer once."""
    asked(company, claim)
    asked(company, claim)
    assert len(company.messages("marketplace.confirmation_asked")) == 1
    answered(company, claim)
    answered(company, claim)
    told = company.messages("marketplace.confirmation_answered")
    assert [each["recipient"] for each in told] == [str(company["anna"])]


def test_a_changed_claim_loses_its_confirmation(company: Company, claim: ClaimId) -> None:
    """New words, dates or skills end a confirmation; who may see it does not, nor does saving the same again."""
    asked(company, claim)
    answered(company, claim)
    changed(company, claim, SAID)
    changed(company, claim, SAID, Visibility.TEAM)
    assert states(company, claim) == [ConfirmationState.CONFIRMED]
    changed(company, claim, ClaimText(ClaimKind.PROJECT, "Harp month"))
    assert states(company, claim) == [ConfirmationState.LOST]
    asked(company, claim)
    assert states(company, claim) == [ConfirmationState.ASKED]


def test_an_answer_is_to_the_words_that_were_read(company: Company, claim: ClaimId) -> None:
    """Where the claim was changed after the question was opened, nothing is answered."""
    asked(company, claim)
    changed(company, claim, ClaimText(ClaimKind.PROJECT, "I led everything"))
    with pytest.raises(Conflict):
        answered(company, claim, version=1)
    assert states(company, claim) == [ConfirmationState.ASKED]
    answered(company, claim, version=2)


def test_only_who_was_asked_answers(company: Company, claim: ClaimId) -> None:
    """Nobody else can confirm, nor who was asked once the question was withdrawn, nor anybody twice."""
    asked(company, claim)
    for who in ("mate", "anna", "other"):
        with pytest.raises(NotFound):
            answered(company, claim, who=who)
    with company.database.begin() as tx:
        withdraw(tx, company["anna"], claim, company["boss"])
    with pytest.raises(NotFound):
        answered(company, claim)
    asked(company, claim)
    answered(company, claim, confirms=False)
    with pytest.raises(Conflict):
        answered(company, claim, confirms=True)


def test_a_no_is_an_answer(company: Company, claim: ClaimId) -> None:
    """Who declined is not asked again for the same words, not even after a withdrawal; for others they are."""
    asked(company, claim)
    answered(company, claim, confirms=False)
    with company.database.begin() as tx:
        withdraw(tx, company["anna"], claim, company["boss"])
    with pytest.raises(Conflict):
        asked(company, claim)
    changed(company, claim, ClaimText(ClaimKind.PROJECT, "Helped in harp week"))
    asked(company, claim)
    assert states(company, claim) == [ConfirmationState.ASKED]


def test_a_no_is_seen_by_its_person_alone(company: Company, claim: ClaimId) -> None:
    """Questions and refusals show to nobody but who asked."""
    asked(company, claim)
    answered(company, claim, confirms=False)
    with company.database.read() as tx:
        assert visible_profile(tx, company["other"], company["anna"]).claims[0].confirmations == ()
        assert visible_profile(tx, company["anna"], company["anna"]).claims[0].confirmations != ()


@pytest.mark.parametrize("who", ["anna", "left", "stranger"])
def test_some_cannot_be_asked(company: Company, claim: ClaimId, who: str) -> None:
    """Not oneself, and nobody who does not work here."""
    with pytest.raises(InvalidInput):
        asked(company, claim, who)


def test_colleagues_are_not_flooded(company: Company, claim: ClaimId) -> None:
    """So many questions may be open at once, and no more."""
    with company.database.begin() as tx:
        for number in range(MOST_OPEN_ASKS):
            made = claim_id_for(company["anna"], str(number))
            add_claim(tx, company["anna"], made, ClaimText(ClaimKind.LEARNING, str(number)), now=NOW)
            ask(tx, company["anna"], made, company["boss"], Role.COLLEAGUE, now=NOW)
    with pytest.raises(Conflict):
        asked(company, claim, "mate")


def test_a_removed_claim_takes_its_questions_along(company: Company, claim: ClaimId) -> None:
    """Removed, it is asked of nobody; brought back, its confirmations are there."""
    asked(company, claim)
    with company.database.begin() as tx:
        remove_claim(tx, company["anna"], claim, now=NOW)
        assert asked_of(tx, company["boss"]) == ()
        with pytest.raises(NotFound):
            one(tx, company["anna"], claim)
        restore_claim(tx, company["anna"], claim, now=NOW)
        assert len(asked_of(tx, company["boss"])) == 1


def test_nobody_touches_anothers_claim(company: Company, claim: ClaimId, browsers: Browsers) -> None:
    """Every address of a claim answers 404 to anybody but its person."""
    boss = browsers["boss"]
    assert boss.get(f"/me/portfolio/{claim}").status_code == 404
    for action in ("", "/remove", "/restore", "/ask", "/withdraw"):
        answer_ = boss.submit(
            "/me/profile", f"/me/portfolio/{claim}{action}", title="x", confirmer=str(company["mate"])
        )
        assert answer_.status_code == 404, action
    for method in ("PUT", "DELETE"):
        body = {"kind": "project", "title": "x"}
        headers = {"x-csrf-token": token(browsers, "boss"), "origin": "http://testserver"}
        got = boss.client.request(method, f"/marketplace/v1/me/claims/{claim}", json=body, headers=headers)
        assert got.status_code == 404
    assert states(company, claim) == []


def token(browsers: Browsers, who: str) -> str:
    """Return what guards somebody's writes."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', browsers[who].read("/me/profile"))
    assert found is not None
    return html.unescape(found[1])


def test_the_whole_way_with_browsers(company: Company, browsers: Browsers) -> None:
    """Add, ask by name, answer, see it confirmed, change it and be told what that costs."""
    anna, boss = browsers["anna"], browsers["boss"]
    sent = {"key": "k", "kind": "project", "title": "Harp week", "skills": "harps", "visibility": "company"}
    for _ in range(2):
        assert anna.submit("/me/portfolio/new", "/me/portfolio", **sent).status_code == 303
    assert company.count("claim") == 1
    with company.database.read() as tx:
        claim = tx.execute(text("select claim_id from marketplace.claim")).scalar_one()
    page = f"/me/portfolio/{claim}"
    assert anna.submit(page, f"{page}/ask", colleague="nobody here").status_code == 422
    assert anna.submit(page, f"{page}/ask", colleague="boss@band.example", role="host").status_code == 303
    assert "asks you to confirm something" in boss.see("/today")
    assert "Harp week" in boss.see("/me/confirmations")
    wrong = boss.submit("/me/confirmations", f"/me/confirmations/{claim}", words="kept words", version="1")
    assert (wrong.status_code, "kept words" in wrong.text) == (422, True)
    done = boss.submit(
        "/me/confirmations", f"/me/confirmations/{claim}", decision="confirm", words="Yes", version="1"
    )
    assert done.status_code == 303
    assert "Confirmed" in browsers["other"].see(f"/people/{company['anna']}")
    assert "It is confirmed" in anna.see(page)
    assert anna.submit(page, page, **(sent | {"title": "Harp month"})).status_code == 303
    assert "does not count any more" in anna.see("/me/portfolio")
    assert "Not valid any more" in anna.see("/me/portfolio")
    assert "Confirmed" not in browsers["other"].see(f"/people/{company['anna']}")


def test_two_of_one_name_are_told_apart(company: Company, browsers: Browsers, claim: ClaimId) -> None:
    """Where several are called so, the page asks whom one means, and asks nobody yet."""
    with company.database.begin() as tx:
        tx.execute(
            text("update marketplace.employee set display_name = 'Kim Lee' where user_name in ('mate', 'other')")
        )
    page = f"/me/portfolio/{claim}"
    found = browsers["anna"].submit(page, f"{page}/ask", colleague="Kim Lee")
    assert found.status_code == 422
    assert "Whom do you mean?" in found.text
    assert states(company, claim) == []
    again = browsers["anna"].submit(page, f"{page}/ask", colleague="Kim Lee", confirmer=str(company["mate"]))
    assert again.status_code == 303


def test_who_left_keeps_their_portfolio(company: Company, browsers: Browsers, claim: ClaimId) -> None:
    """After leaving, as long as they can sign in: see it, take it along, but ask nobody."""
    anna = browsers["anna"]
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.employee set active = false where user_name = 'anna'"))
    assert "stays yours" in anna.see("/me/portfolio")
    for form in ("resume.json", "portfolio.json", "portfolio.csv"):
        answer_ = anna.get(f"/me/portfolio/export/{form}")
        assert answer_.status_code == 200
        assert "Harp week" in answer_.text
        assert answer_.headers["content-disposition"].startswith("attachment")
    with pytest.raises(InvalidInput):
        asked(company, claim)


def test_two_windows_on_a_claim(browsers: Browsers, claim: ClaimId) -> None:
    """Saving over what another window saved is refused once; what was typed is still in the form."""
    anna, page = browsers["anna"], f"/me/portfolio/{claim}"
    sent = {"kind": "project", "visibility": "me", "version": "1"}
    assert anna.submit(page, page, **sent, title="First").status_code == 303
    again = anna.submit(page, page, **sent, title="Second")
    assert again.status_code == 409
    assert 'value="Second"' in again.text
    assert 'name="version" value="2"' in again.text
