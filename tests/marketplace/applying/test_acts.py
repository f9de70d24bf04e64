"""Applying, being offered something, saying yes: what follows in the database, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.marketplace.applying import acting, answering
from bandmate.marketplace.applying.approving import answer_ask, lapse_silence
from bandmate.marketplace.applying.domain import Answer, NotTaken, StepImpossible
from bandmate.marketplace.applying.figures import figures
from bandmate.marketplace.applying.finishing import finish
from bandmate.marketplace.applying.joining import NoSeatLeft
from bandmate.marketplace.applying.reminding import remind
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import writing as opportunities
from bandmate.marketplace.rounds.pairing import end_pair
from bandmate.marketplace.rounds.queries import pairs_of

from .conftest import Company


def test_from_interest_to_a_place_in_the_team(company: Company) -> None:
    """Interest, application, shortlist, offer, the manager's yes, acceptance: a member and a full project."""
    radio = company.world.offer(company["owner"], "Radio", seats=1)
    anna, owner = company["anna"], company["owner"]
    shown = company.do(acting.show_interest, anna.asker, radio)
    assert company.told(owner.person_id) == []
    made = company.apply("anna", radio)
    assert made == shown.application_id
    assert company.apply("anna", radio) == made
    company.do(answering.shortlist, owner.asker, made, on=True)
    company.offer(made)
    assert company.told(company["boss"].person_id) == ["Anna was offered “Radio”"]
    with pytest.raises(Conflict, match="can still answer"):
        company.do(acting.accept, anna.asker, made)
    company.do(answer_ask, company["boss"].person_id, made, Answer.FINE, "")
    company.do(acting.accept, anna.asker, made)
    company.do(acting.accept, anna.asker, made)
    assert company.state(made) == "accepted"
    team = "select count(*) from marketplace.team_member where opportunity_id = :id and left_at is null"
    assert company.one(team, id=radio) == 1
    assert (
        company.one("select state from marketplace.opportunity where opportunity_id = :id", id=radio) == "filled"
    )
    steps = """
        select string_agg(state, ' ' order by position) from marketplace.application_step
         where application_id = :id
    """
    assert company.one(steps, id=made) == "interested applied shortlisted offered accepted"
    assert company.told(owner.person_id) == ["Anna applies for “Radio”", "Anna accepts “Radio”"]
    decided = "select outcome from kernel.decision where kind = 'marketplace.application' and subject = :person"
    assert company.one(decided, person=anna.person_id) == "offered"


def test_who_cannot_apply_is_told_why(company: Company) -> None:
    """Not the owner, no stranger, not where it is closed, over or not open to them."""
    radio = company.world.offer(company["owner"], "Radio", closes_at=company.clock() + timedelta(days=2))
    with pytest.raises(Forbidden, match="This is yours"):
        company.do(acting.apply, company["owner"].asker, radio, words="", hours=None)
    with pytest.raises(Forbidden, match="not among them"):
        company.do(acting.show_interest, company["stranger"].asker, radio)
    company.world.launch(Kind.PROJECT, "off")
    with pytest.raises(NotFound):
        company.apply("anna", radio)
    company.world.launch(Kind.PROJECT)
    company.later(days=3)
    with pytest.raises(NotTaken, match="last day"):
        company.apply("anna", radio)


def test_a_withdrawal_can_be_taken_back_for_a_day(company: Company) -> None:
    """Withdrawn from an offer the seat is free; taken back it is kept again, unless somebody else has it."""
    radio = company.world.offer(company["owner"], "Radio", seats=1)
    first, second = company.apply("anna", radio), company.apply("cleo", radio)
    company.offer(first)
    with pytest.raises(NoSeatLeft):
        company.offer(second)
    company.do(acting.withdraw, company["anna"].asker, first)
    company.do(acting.withdraw, company["anna"].asker, first)
    company.do(acting.resume, company["anna"].asker, first)
    assert company.state(first) == "offered"
    company.do(acting.withdraw, company["anna"].asker, first)
    company.offer(second)
    with pytest.raises(NoSeatLeft):
        company.do(acting.resume, company["anna"].asker, first)
    company.do(acting.withdraw, company["cleo"].asker, second)
    company.later(days=2)
    with pytest.raises(NotTaken, match="for a day"):
        company.do(acting.resume, company["cleo"].asker, second)


def test_answered_twice_or_otherwise(company: Company) -> None:
    """The same answer again changes nothing; another one does not follow, and needs an offer taken back first."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    made = company.apply("anna", radio)
    owner = company["owner"].asker
    company.offer(made)
    version = company.one("select version from marketplace.application where application_id = :id", id=made)
    company.offer(made)
    assert version == company.one(
        "select version from marketplace.application where application_id = :id", id=made
    )
    with pytest.raises(StepImpossible):
        company.do(answering.turn_down, owner, radio, [made], words="No.")
    with pytest.raises(InvalidInput, match="counted on it"):
        company.do(answering.take_back, owner, made)
    company.do(answering.take_back, owner, made, words="The budget is gone.")
    company.do(answering.turn_down, owner, radio, [made], words="I am sorry.")
    company.do(answering.turn_down, owner, radio, [made], words="I am sorry.")
    assert company.state(made) == "not_chosen"
    with pytest.raises(StepImpossible):
        company.apply("anna", radio)
    company.do(answering.reconsider, owner, made)
    assert company.state(made) == "shortlisted"


def test_a_no_needs_words_and_goes_to_all_or_none(company: Company) -> None:
    """A bulk answer without words is refused; one among them that is another's leaves all unanswered."""
    radio, tape = (company.world.offer(company["owner"], name) for name in ("Radio", "Tape"))
    one, two = company.apply("anna", radio), company.apply("ben", radio)
    other = company.apply("cleo", tape)
    owner = company["owner"].asker
    with pytest.raises(InvalidInput):
        company.do(answering.turn_down, owner, radio, [one], words=" ")
    with pytest.raises(NotFound):
        company.do(answering.turn_down, owner, radio, [one, other], words="No.")
    assert company.state(one) == "applied"
    company.do(answering.turn_down, owner, radio, [one, two], words="No.")
    assert company.told(company["ben"].person_id) == ["An answer to “Radio”"]


def test_silence_lapses_and_a_concern_does_not_block(company: Company) -> None:
    """Five working days of silence are no objection; after a concern one goes on with a reason."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    one, two = company.apply("anna", radio), company.apply("ben", radio)
    company.offer(one)
    company.offer(two)
    boss = company["boss"].person_id
    with pytest.raises(InvalidInput, match="few words"):
        company.do(answer_ask, boss, two, Answer.CONCERN, " ")
    with pytest.raises(NotFound):
        company.do(answer_ask, company["owner"].person_id, two, Answer.FINE, "")
    company.do(answer_ask, boss, two, Answer.CONCERN, "The release is in two weeks.")
    company.do(answer_ask, boss, two, Answer.CONCERN, "The release is in two weeks.")
    with pytest.raises(Conflict, match="answered this already"):
        company.do(answer_ask, boss, two, Answer.FINE, "")
    assert company.told(company["owner"].person_id)[-1] == "Ben's manager has a concern about “Radio”"
    with pytest.raises(InvalidInput, match="say in a few words why"):
        company.do(acting.accept, company["ben"].asker, two)
    company.do(acting.accept, company["ben"].asker, two, words="We agreed that I begin afterwards.")
    going_on = (
        "select outcome from kernel.decision where kind = 'marketplace.application_concern' and subject = :p"
    )
    assert company.one(going_on, p=company["ben"].person_id) == "went_on"
    company.later(days=9)
    assert company.do(lapse_silence) == 1
    assert company.do(lapse_silence) == 0
    with pytest.raises(Conflict, match="time to answer is over"):
        company.do(answer_ask, boss, one, Answer.FINE, "")
    company.do(acting.accept, company["anna"].asker, one)
    with company.database.read() as tx:
        found = figures(tx, company["lead"].asker, now=company.clock())
    assert (found.asked, found.concern, found.silent, found.went_on) == (2, 1, 1, 1)
    assert found.share_in_time == 1.0


def test_without_a_manager_nobody_is_asked(company: Company) -> None:
    """Nobody known, or the owner themselves: the applicant decides at once."""
    radio = company.world.offer(company["boss"], "Radio", seats=2)
    for name in ("cleo", "anna"):
        made = company.apply(name, radio)
        company.offer(made, by="boss")
        company.do(acting.accept, company[name].asker, made)
    assert company.one("select count(*) from marketplace.manager_ask") == 0


def test_a_manager_to_whom_the_kind_is_not_open_hears_nothing(company: Company) -> None:
    """In a pilot without the manager nobody is asked; what they were asked before is not shown any more."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    asked, unasked = company.apply("anna", radio), company.apply("ben", radio)
    company.offer(asked)
    pilot = company.world.group("Pilot", company["owner"], company["anna"], company["ben"])
    company.world.launch(Kind.PROJECT, "pilot", pilot)
    company.offer(unasked)
    company.do(acting.accept, company["ben"].asker, unasked)
    assert len(company.told(company["boss"].person_id)) == 1
    with pytest.raises(NotFound):
        company.do(answer_ask, company["boss"].person_id, asked, Answer.FINE, "")


def test_everyone_is_answered_when_it_closes_or_fills(company: Company) -> None:
    """Who waits when the last seat goes, or the owner closes, is told at once and by the reason."""
    radio = company.world.offer(company["owner"], "Radio", seats=1)
    chosen, waiting = company.apply("cleo", radio), company.apply("anna", radio)
    company.offer(chosen)
    company.do(acting.accept, company["cleo"].asker, chosen)
    company.hear()
    company.hear()
    code = "select answer_code from marketplace.application where application_id = :id"
    assert (company.state(waiting), company.one(code, id=waiting)) == ("not_chosen", "filled")
    assert company.told(company["anna"].person_id) == ["An answer to “Radio”"]
    company.do(acting.withdraw, company["cleo"].asker, chosen, words="I move away.")
    assert company.one("select state from marketplace.opportunity where opportunity_id = :id", id=radio) == "open"
    company.do(answering.reconsider, company["owner"].asker, waiting)
    tape = company.world.offer(company["owner"], "Tape")
    late = company.apply("ben", tape)
    company.do(opportunities.close, company["owner"].asker, tape, version=2)
    company.hear()
    assert (company.state(late), company.one(code, id=late)) == ("not_chosen", "closed")


def test_mentoring_forms_a_pair_and_tells_the_manager_only(company: Company) -> None:
    """A mentee who accepts is in a pair; the manager is told; when the pair ends, the seat is free."""
    hour = company.world.offer(company["owner"], "An hour of mixing", kind=Kind.MENTORING, seats=1)
    made = company.apply("anna", hour)
    company.offer(made)
    assert company.told(company["boss"].person_id) == ["Anna was offered mentoring"]
    company.do(acting.accept, company["anna"].asker, made)
    with company.database.read() as tx:
        mine = pairs_of(tx, company["anna"].person_id)
    assert len(mine) == 1
    state = "select state from marketplace.opportunity where opportunity_id = :id"
    assert company.one(state, id=hour) == "filled"
    pair = mine[0].pair
    company.do(end_pair, company["owner"].asker, pair.pair_id, reason="Done.", version=pair.version)
    company.hear()
    assert company.state(made) == "withdrawn"
    assert company.one(state, id=hour) == "open"


def test_a_finished_project_becomes_evidence(company: Company) -> None:
    """The host closes with words; each member has a confirmed claim; again, nothing changes."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    made = company.apply("cleo", radio)
    company.offer(made)
    company.do(acting.accept, company["cleo"].asker, made)
    company.later(days=30)
    cleo = company["cleo"].person_id
    with pytest.raises(InvalidInput):
        company.do(finish, company["owner"].asker, radio, {company["ben"].person_id: "Who?"})
    with pytest.raises(NotFound):
        company.do(finish, company["ben"].asker, radio, {})
    done = company.do(finish, company["owner"].asker, radio, {cleo: "Cut every episode."})
    assert [member.name for member in done] == ["Cleo"]
    assert company.do(finish, company["owner"].asker, radio, {}) == ()
    confirmed = """
        select f.words from marketplace.claim c join marketplace.claim_confirmation f using (claim_id)
         where c.person_id = :person and f.state = 'confirmed' and c.title = 'Radio'
    """
    assert company.one(confirmed, person=cleo) == "Cut every episode."


def test_owners_are_reminded_once_each(company: Company) -> None:
    """Two days before an answer is due, and when it is late; never twice the same."""
    radio = company.world.offer(company["owner"], "Radio")
    company.apply("anna", radio)
    owner = company["owner"].person_id
    for days in (0, 13, 0, 1, 3):
        company.later(days=days)
        company.do(remind)
    assert company.told(owner) == ["Anna applies for “Radio”"] + ["1 person waits for your answer"] * 2


def test_a_posting_without_an_owner_is_answered_by_programme_leads(company: Company) -> None:
    """Nobody owns a job that comes from a posting: programme leads answer, others do not."""
    job = company.world.offer(company["boss"], "Engineer", kind=Kind.JOB)
    with company.database.begin() as tx:
        tx.execute(
            text("update marketplace.opportunity set owner_id = null, job_id = 'j', posting_path = '/jobs/j'")
        )
    made = company.apply("cleo", job)
    with pytest.raises(NotFound):
        company.offer(made, by="boss")
    company.offer(made, by="lead")
    company.do(acting.accept, company["cleo"].asker, made)
    assert company.state(made) == "accepted"
