"""Handing over: who may, to whom, what goes with it, what is noted and who is told."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.marketplace.applying.conftest import Company
from tests.marketplace.handover.conftest import Leave

from bandmate.kernel.audit.actions import sentence_of
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.applying import acting
from bandmate.marketplace.handover import hand_over
from bandmate.marketplace.handover.cards import _cards
from bandmate.marketplace.handover.queries import orphans
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind

_TAG = re.compile(r"<[^>]*>")


def words(markup: str) -> str:
    """Return what a reader sees."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def owner_of(company: Company, opportunity_id: OpportunityId) -> PersonId:
    """Return who owns it."""
    query = "select owner_id from marketplace.opportunity where opportunity_id = :id"
    return PersonId(company.one(query, id=opportunity_id))


def give(company: Company, by: str, opportunity_id: OpportunityId, to: str) -> None:
    """Hand it over."""
    company.do(hand_over, company[by].asker, opportunity_id, company[to].person_id)


def test_an_owner_hands_over_and_applications_follow(company: Company) -> None:
    """The new owner is told and answers; the old one does not any more; the trail says from whom to whom."""
    radio = company.world.offer(company["owner"], "Radio")
    application = company.apply("anna", radio)
    give(company, "owner", radio, "ben")
    assert owner_of(company, radio) == company["ben"].person_id
    assert "“Radio” is yours now" in company.told(company["ben"].person_id)
    company.offer(application, by="ben")
    assert company["owner"].get(f"/opportunities/{radio}/applicants").status_code == 404
    with company.database.read() as tx:
        noted = tx.execute(
            text("""
                select e.by_person, f.content from kernel.audit_entry e join kernel.audit_fact f using (position)
                 where e.action = 'marketplace.opportunity.handed_over' and e.subject = :id
            """),
            {"id": str(radio)},
        ).one()
    assert noted.by_person == company["owner"].person_id
    assert noted.content == {"from": str(company["owner"].person_id), "to": str(company["ben"].person_id)}
    said = sentence_of("marketplace.opportunity.handed_over", by="O", subject="x", details=noted.content)
    assert said is not None
    assert noted.content["to"] in said


def test_the_same_owner_again_changes_nothing(company: Company) -> None:
    """No version, no note, no message."""
    radio = company.world.offer(company["owner"], "Radio")
    before = company.one("select version from marketplace.opportunity where opportunity_id = :id", id=radio)
    give(company, "owner", radio, "owner")
    after = company.one("select version from marketplace.opportunity where opportunity_id = :id", id=radio)
    assert before == after
    assert company.told(company["owner"].person_id) == []


def test_only_the_owner_hands_over_while_they_work_here(company: Company) -> None:
    """To everybody else, their manager and programme leads among them, there is nothing to hand over."""
    radio = company.world.offer(company["owner"], "Radio")
    for name in ("boss", "lead", "anna", "stranger"):
        with pytest.raises(NotFound):
            give(company, name, radio, "anna")
        assert company[name].get(f"/opportunities/{radio}/hand-over").status_code == 404
    with pytest.raises(NotFound):
        give(company, "owner", OpportunityId(new_id()), "anna")
    assert owner_of(company, radio) == company["owner"].person_id


def test_who_cannot_own_it_is_refused(company: Company, leave: Leave) -> None:
    """Not who left or never worked here, not whom the kind is not open to, not who applied for it."""
    radio = company.world.offer(company["owner"], "Radio")
    company.apply("anna", radio)
    leave("cleo")
    for name in ("cleo", "stranger", "anna"):
        with pytest.raises(InvalidInput):
            give(company, "owner", radio, name)
    group = company.world.group("pilot", company["owner"])
    company.world.launch(Kind.PROJECT, "pilot", group)
    with pytest.raises(InvalidInput, match="cannot see this kind"):
        give(company, "owner", radio, "ben")


def test_jobs_go_to_who_manages(company: Company) -> None:
    """As only managers and operators write jobs."""
    job = company.world.offer(company["boss"], "Editor", kind=Kind.JOB)
    with pytest.raises(InvalidInput, match="manages nobody"):
        give(company, "boss", job, "anna")


def test_mentoring_stays_with_its_mentor(company: Company) -> None:
    """It is their own time; and what is closed needs no owner."""
    hour = company.world.offer(company["owner"], "An hour", kind=Kind.MENTORING)
    radio = company.world.offer(company["owner"], "Radio")
    with pytest.raises(Conflict, match="own time"):
        give(company, "owner", hour, "ben")
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.opportunity set state = 'closed'"))
    with pytest.raises(Conflict, match="open or filled"):
        give(company, "owner", radio, "ben")


def test_a_member_who_becomes_the_host_gives_the_seat_back(company: Company) -> None:
    """Nobody confirms their own part in a team."""
    radio = company.world.offer(company["owner"], "Radio")
    application = company.apply("anna", radio)
    company.offer(application)
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.manager_ask set answer = 'fine', answered_at = asked_at"))
    company.do(acting.accept, company["anna"].asker, application)
    give(company, "owner", radio, "anna")
    assert company.state(application) == "withdrawn"
    team = "select count(*) from marketplace.team_member where opportunity_id = :id and left_at is null"
    assert company.one(team, id=radio) == 0
    assert company.one("select state from marketplace.opportunity where opportunity_id = :id", id=radio) == "open"


def test_what_a_leaver_offers_falls_to_their_manager(company: Company, leave: Leave) -> None:
    """On Today and on a page; the manager takes it over with one click, and answers who waits."""
    radio = company.world.offer(company["owner"], "Radio")
    application = company.apply("anna", radio)
    leave("owner")
    boss = company["boss"]
    today = words(boss.read("/"))
    assert "“Radio” has no owner" in today
    assert "1 person waits for an answer." in today
    assert "has no owner" not in words(company["lead"].read("/"))
    assert "has no owner" not in words(company["ben"].read("/"))
    assert "Take over" in words(boss.read("/handovers"))
    assert boss.send("/handovers", f"/opportunities/{radio}/hand-over", take="yes").status_code == 303
    assert owner_of(company, radio) == boss.person_id
    assert "has no owner" not in words(boss.read("/"))
    company.offer(application, by="boss")


def test_it_falls_to_the_next_manager_above_and_else_to_leads(company: Company, leave: Leave) -> None:
    """Over a manager who left too; to leads where there is none, the kind is closed to them, or it is late."""
    company.world.offer(company["owner"], "Radio")
    company.world.offer(company["cleo"], "Podcast")
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.employee set manager_id = null where user_name = 'ben@band.example'"))
        tx.execute(
            text("update marketplace.employee set manager_id = :above where person_id = :person"),
            {"above": company["ben"].person_id, "person": company["boss"].person_id},
        )
    leave("owner", "boss", "cleo")
    assert "“Radio” has no owner" in words(company["ben"].read("/"))
    assert "“Podcast” has no owner" not in words(company["ben"].read("/"))
    lead = words(company["lead"].read("/"))
    assert "“Podcast” has no owner" in lead
    assert "“Radio” has no owner" not in lead
    assert {"Radio", "Podcast"} <= set(words(company["lead"].read("/handovers")).split())
    with company.database.read() as tx:
        late = [card.title for card in _cards(tx, company["lead"].asker, company.later(days=8))]
    assert "“Radio” has no owner" in late
    company.moved -= timedelta(days=8)
    company.world.launch(Kind.PROJECT, "pilot", company.world.group("few", company["anna"]))
    assert "has no owner" not in words(company["ben"].read("/"))
    assert "“Radio” has no owner" in words(company["lead"].read("/"))


def test_managers_in_a_circle_end_the_search(company: Company) -> None:
    """Where two who left manage each other, it falls to programme leads."""
    company.world.offer(company["owner"], "Radio")
    with company.database.begin() as tx:
        tx.execute(
            text("update marketplace.employee set manager_id = :above where person_id = :person"),
            {"above": company["owner"].person_id, "person": company["boss"].person_id},
        )
        tx.execute(
            text("update marketplace.employee set active = false where person_id = any(:gone)"),
            {"gone": [company["owner"].person_id, company["boss"].person_id]},
        )
    with company.database.read() as tx:
        (found,) = orphans(tx, company["lead"].asker)
    assert found.manager_id is None


def test_a_lead_hands_to_a_colleague_by_name(company: Company, leave: Leave) -> None:
    """The form says who is not found, keeps what was typed, and tells whom it went to."""
    radio = company.world.offer(company["cleo"], "Radio <b>")
    leave("cleo")
    lead, page = company["lead"], f"/opportunities/{radio}/hand-over"
    wrong = lead.send(page, page, colleague='"><script>nobody')
    assert wrong.status_code == 422
    assert "Nobody who works here" in words(wrong.text)
    assert "<script>nobody" not in wrong.text
    assert lead.send(page, page, colleague="BEN@band.example").status_code == 303
    assert owner_of(company, radio) == company["ben"].person_id
    assert "<b>" not in lead.read("/handovers")


def test_the_api_hands_over(company: Company, leave: Leave) -> None:
    """The list holds what is the asker's to decide; a new owner is put, with problems that say why not."""
    radio = company.world.offer(company["owner"], "Radio")
    leave("owner")
    boss = company["boss"]
    (told,) = boss.ask("/handovers").json()["data"]
    assert (told["opportunity_id"], told["manager_id"]) == (str(radio), str(boss.person_id))
    assert company["anna"].ask("/handovers").json()["data"] == []
    body = {"person_id": str(company["anna"].person_id)}
    assert company["anna"].ask(f"/opportunities/{radio}/owner", "PUT", body).status_code == 404
    assert boss.ask(f"/opportunities/{radio}/owner", "PUT", {"person_id": str(new_id())}).status_code == 422
    assert boss.ask(f"/opportunities/{radio}/owner", "PUT", body).status_code == 200
    assert owner_of(company, radio) == company["anna"].person_id


def test_the_page_of_an_opportunity_leads_there(company: Company, leave: Leave) -> None:
    """Its owner can hand it over; after they left, applicants read that it goes on, the manager finds the way."""
    radio = company.world.offer(company["owner"], "Radio")
    assert f"/opportunities/{radio}/hand-over" in company["owner"].read(f"/opportunities/{radio}")
    assert "hand-over" not in company["anna"].read(f"/opportunities/{radio}")
    leave("owner")
    assert "Somebody else takes it over" in words(company["anna"].read(f"/opportunities/{radio}"))
    assert "hand-over" not in company["anna"].read(f"/opportunities/{radio}")
    assert f"/opportunities/{radio}/hand-over" in company["boss"].read(f"/opportunities/{radio}")
