"""Rounds and pairs in the browser and by the API: who may, what is shown, and the whole way through by clicks."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from tests.marketplace.opportunities.world import Member, World
from tests.marketplace.rounds.conftest import NOW, Company, clock

from bandmate.kernel.identity.access import Role
from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import run_due

Enter = Callable[[PersonId], Member]


@pytest.fixture
def lead(company: Company, enter: Enter) -> Member:
    """The programme lead, signed in."""
    return enter(company.lead)


def page_of(answer_location: str) -> UUID:
    """Return the round that an answer leads to."""
    return UUID(answer_location.rpartition("/")[2])


def test_the_whole_way_by_clicks(company: Company, lead: Member) -> None:
    """Begin, open, preview, look, publish with a confirmation that says what will happen; everything is shown."""
    assert "Begin a round" in lead.read("/rounds")
    made = lead.send("/rounds/new", "/rounds", name="Autumn <b>", format="one_to_one", key="k")
    path = made.headers["location"]
    assert (
        lead.send("/rounds/new", "/rounds", name="Autumn <b>", format="one_to_one", key="k").headers["location"]
        == path
    )
    assert "Autumn &lt;b&gt;" in lead.read(path)
    assert lead.send(path, f"{path}/open", version="1").status_code == 303
    assert lead.send(path, f"{path}/preview", version="2").status_code == 303
    assert "is being worked out" in lead.read(path)
    run_due(company.database, clock=clock)
    shown = lead.read(path)
    for said in ("Mentees with a mentor", "Blocking pairs", "by chance", "Which choice they get", "Waiting list"):
        assert said in shown
    assert "hour is wanted by" in shown
    assert company.one("select count(*) from marketplace.mentoring_pair") == 0

    asked = lead.read(f"{path}/publish")
    matched = company.one("select (figures->>'matched')::int from marketplace.round")
    assert f"{matched} pairs are formed" in asked
    assert lead.send(f"{path}/publish", f"{path}/publish", version="3").status_code == 303
    assert company.one("select count(*) from marketplace.mentoring_pair") == matched
    assert "Everybody concerned was told" in lead.read(path)
    assert lead.get(f"{path}/publish").status_code == 303

    sheet = list(csv.DictReader(io.StringIO(lead.get(f"{path}/pairs.csv").text)))
    assert len(sheet) == matched
    assert lead.ask(f"/rounds/{page_of(path)}/export").json()["round"]["state"] == "published"


def test_today_leads_to_the_round_and_then_to_the_pair(company: Company, lead: Member, enter: Enter) -> None:
    """A lead is told what a round waits for until it is published; then both of a pair hear of each other."""
    made = lead.send("/rounds/new", "/rounds", name="Autumn", format="one_to_one", key="k")
    path = made.headers["location"]
    assert "It is a draft" in lead.read("/today")
    lead.send(path, f"{path}/open", version="1")
    assert "It is open" in lead.read("/today")
    lead.send(path, f"{path}/preview", version="2")
    run_due(company.database, clock=clock)
    mentee = enter(PersonId(UUID(str(company.one("select mentee_id from marketplace.round_pair limit 1")))))
    assert "are a pair" not in mentee.read("/today")
    assert "Autumn" not in mentee.read("/today")
    lead.send(f"{path}/publish", f"{path}/publish", version="3")
    assert "Autumn" not in lead.read("/today")
    assert "are a pair" in mentee.read("/today")


def test_others_see_nothing_of_rounds(company: Company, site: World, lead: Member, enter: Enter) -> None:
    """Members, mentees of the round, operators: refused alike for rounds there are and rounds there are not."""
    held = company.previewed()
    mentee = enter(PersonId(UUID(str(company.one("select mentee_id from marketplace.round_pair limit 1")))))
    operator = site.member("Olive", role=Role.OPERATOR)
    nobody = site.member("Nobody", employed=False)
    for one in (mentee, operator, nobody):
        for path in ("/rounds", "/rounds/new", f"/rounds/{held.round_id}", f"/rounds/{uuid4()}"):
            assert one.get(path).status_code == 404, path
        for path in ("/rounds", f"/rounds/{held.round_id}", f"/rounds/{held.round_id}/export"):
            assert one.ask(path).status_code == 404, path
        answer = one.ask(f"/rounds/{held.round_id}/publish", "POST", if_match='"3"')
        assert answer.status_code == 404
    assert mentee.ask("/me/pairs").json() == {"data": []}
    assert "You have no pair yet" in mentee.read("/mentoring")
    assert lead.get(f"/rounds/{uuid4()}").status_code == 404


def test_both_see_their_pair_and_can_end_it(company: Company, enter: Enter) -> None:
    """With why; ended with a reason the seat is free, the wish open again, the other one told; others cannot."""
    held = company.previewed()
    company.publish(held)
    pair = company.row("select * from marketplace.mentoring_pair order by pair_id limit 1")
    mentee, mentor = enter(PersonId(pair["mentee_id"])), enter(PersonId(pair["mentor_id"]))
    assert "Your mentor" in mentee.read("/mentoring")
    assert "The mentor can teach" in mentee.read("/mentoring")
    assert "Your mentee" in mentor.read("/mentoring")
    path = f"/mentoring/pairs/{pair['pair_id']}/end"
    others = (pair["mentee_id"], pair["mentor_id"], company.lead)
    stranger = enter(
        PersonId(
            company.row(
                "select person_id from marketplace.employee where active and person_id <> all(:who) limit 1",
                who=list(others),
            )["person_id"]
        )
    )
    assert stranger.get(path).status_code == 404
    assert mentor.send(path, path, reason=" ", version="1").status_code == 422
    seats = "select seats_taken from marketplace.opportunity where opportunity_id = :o"
    before = company.one(seats, o=pair["offer_id"])
    assert mentor.send(path, path, reason="I am on leave <i>soon</i>.", version="1").status_code == 303
    assert company.one(seats, o=pair["offer_id"]) == int(str(before)) - 1
    wish = "select state from marketplace.mentoring_wish where person_id = :p and format = 'one_to_one'"
    assert company.one(wish, p=pair["mentee_id"]) == "open"
    ended = mentee.ask("/me/pairs?ended=true").json()["data"]
    assert "leave" in ended[0]["end_reason"]
    assert "&lt;i&gt;soon" in mentee.read("/mentoring")
    again = mentor.ask(f"/me/pairs/{pair['pair_id']}/end", "POST", {"reason": "x"}, if_match='"1"')
    assert again.status_code == 200
    told = "select count(*) from kernel.event where type = 'marketplace.message.requested' and subject = :p"
    assert company.one(told, p=str(pair["mentee_id"])) == 2


def test_the_next_of_the_waiting_list_takes_a_free_place(company: Company, lead: Member) -> None:
    """A place that is free again is proposed to the lead with who would suit; one click pairs them."""
    held = company.previewed()
    company.publish(held)
    company.do("update marketplace.opportunity set seats = seats + 1, state = 'open' where kind = 'mentoring'")
    path = f"/rounds/{held.round_id}"
    shown = lead.read(path)
    assert "Places that are free again" in shown
    mentee = shown.partition('name="mentee" value="')[2].partition('"')[0]
    mentor = shown.partition('name="mentor" value="')[2].partition('"')[0]
    assert lead.send(path, f"{path}/next", mentee=mentee, mentor=mentor).status_code == 303
    both = "select count(*) from marketplace.mentoring_pair where mentee_id = :a and mentor_id = :b"
    assert company.one(both, a=UUID(mentee), b=UUID(mentor)) == 1
    assert lead.send(path, f"{path}/next", mentee=mentee, mentor=mentor).status_code == 409
    assert lead.send(path, f"{path}/next", mentee="'; drop", mentor="").status_code == 422


def test_mentors_are_suggested_by_their_offers(company: Company, enter: Enter) -> None:
    """At most five, best first, none for whoever switched the ranking off or wishes for nothing."""
    wishing = """
        select w.person_id from marketplace.mentoring_wish w
          join marketplace.mentoring_wish_topic t using (wish_id)
          join marketplace.opportunity_skill s using (skill_uri)
          join marketplace.opportunity o using (opportunity_id)
          join marketplace.profile p on p.person_id = w.person_id and p.ai_ranking
         where o.kind = 'mentoring' and o.format = w.format and o.owner_id <> w.person_id
           and o.department <> (select department from marketplace.employee e where e.person_id = w.person_id)
         order by w.person_id limit 1
    """
    person = PersonId(UUID(str(company.one(wishing))))
    member = enter(person)
    found = member.ask("/me/suggested-mentors").json()["data"]
    assert 0 < len(found) <= 5
    values = [one["value"] for one in found]
    assert values == sorted(values, reverse=True)
    assert sum(found[0]["parts"].values()) == pytest.approx(values[0], abs=1e-5)
    assert "Mentors who would suit you" in member.read("/mentoring")
    company.do("update marketplace.profile set ai_ranking = false where person_id = :p", p=person)
    assert member.ask("/me/suggested-mentors").json()["data"] == []


def test_strange_input_is_refused_in_words(company: Company, lead: Member) -> None:
    """No name, no such format, shares beyond all bounds, numbers that are none: 422, never a fault."""
    held = company.previewed()
    path = f"/rounds/{held.round_id}"
    for fields in ({"name": "", "format": "one_to_one"}, {"name": "x", "format": "duel"}, {"name": "y" * 400}):
        assert lead.send("/rounds/new", "/rounds", **fields).status_code == 422
    for across in ("101", "-1", "nan", "inf", "much", "1e400"):
        assert lead.send(path, f"{path}/limits", version=str(held.version), across=across).status_code == 422, (
            across
        )
    wrong = lead.send(
        path, f"{path}/limits", version=str(held.version), across="0", departments=["A"], least=["-3"]
    )
    assert wrong.status_code == 422
    assert lead.send(path, f"{path}/publish", version="seven").status_code == 409
    assert lead.get(f"{path}?q=%25%27%00&page=9").status_code == 200
    limits = {"across_departments": 0.5, "least_by_department": {"A": -1}}
    assert (
        lead.ask(f"/rounds/{held.round_id}/limits", "PUT", limits, if_match=f'"{held.version}"').status_code == 422
    )
    created = lead.ask("/rounds", "POST", {"name": "Next", "format": "group"}, idempotency_key="a")
    assert created.status_code == 201
    assert (
        lead.ask("/rounds", "POST", {"name": "Next", "format": "group"}, idempotency_key="a").json()["round_id"]
        == created.json()["round_id"]
    )
    assert NOW.isoformat()[:10] in created.json()["created_at"]
