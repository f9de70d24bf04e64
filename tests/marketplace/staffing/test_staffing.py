"""Teams from who applied: proposed, accepted once, dropped; and nobody is overloaded."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.marketplace.staffing.conftest import NOW, Stage

from bandmate.kernel.decisions import decision, explain
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.applying.domain import State
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.staffing import Accepted, Proposal, ProposalState, accept, drop, open_proposal, propose
from bandmate.marketplace.staffing.deciding import seat_decision_of
from bandmate.marketplace.staffing.domain import better_by, suits


def together(stage: Stage, *keys: OpportunityId, by: PersonId) -> Mapping[OpportunityId, Proposal]:
    """Propose teams for several projects."""
    with stage.database.begin() as tx:
        return propose(tx, stage.asker(by), keys, now=NOW)


def proposed(
    stage: Stage, key: OpportunityId, *, by: PersonId | None = None, chosen: tuple[PersonId, ...] = ()
) -> Proposal:
    """Propose a team as the host, or as somebody else."""
    with stage.database.begin() as tx:
        return propose(tx, stage.asker(by or stage.host), [key], chosen=chosen, now=NOW)[key]


def accepted(stage: Stage, held: Proposal, by: PersonId | None = None) -> Accepted:
    """Accept a proposal."""
    with stage.database.begin() as tx:
        asker = stage.asker(by or stage.host)
        return accept(tx, asker, held.opportunity_id, held.proposal_id, now=NOW)


def test_complementing_people_are_proposed_and_offered_seats(stage: Stage) -> None:
    """Two of different trades go before two of the same; accepting offers each a seat and says for what."""
    tour = stage.project("Tour", ["sound", "light", "budget"])
    ana = stage.person({"sound": 5}, strengths=["Calm"])
    ben = stage.person({"sound": 4}, strengths=["Bold"])
    cem = stage.person({"light": 4, "budget": None}, strengths=["Calm", "Warm"])
    for each in (ana, ben, cem):
        stage.apply(each, tour)
    made = proposed(stage, tour)
    assert {each.person_id: set(each.leads) for each in made.places} == {
        ana: {"own:sound"},
        cem: {"own:light", "own:budget"},
    }
    assert {each.strength for each in made.places} == {"Calm", "Warm"}
    assert (made.figures["uncovered"], made.better_by) == ([], 0)
    assert sum(made.figures["worth"].values()) == pytest.approx(made.figures["value"], abs=0.01)
    assert stage.one("select count(*) from marketplace.application where state = 'offered'") == 0

    done = accepted(stage, made)
    assert (set(done.offered), done.left_out) == ({ana, cem}, ())
    assert accepted(stage, made) == done
    offered = "select count(*) from marketplace.application where state = 'offered' and opportunity_id = :id"
    assert stage.one(offered, id=tour) == 2
    with stage.database.read() as tx:
        asker = stage.asker(cem)
        told = explain(decision(tx, seat_decision_of(made, cem), asker=asker), cem)
        assert "light" in str(told)
    with pytest.raises(Conflict):
        proposed(stage, tour)  # no seat is left


def test_the_same_question_changes_nothing(stage: Stage) -> None:
    """Asked twice it is one proposal; when somebody else applies it is another, and the first is dropped."""
    tour = stage.project("Tour", ["sound", "light"])
    stage.apply(stage.person({"sound": 3}), tour)
    first = proposed(stage, tour)
    assert proposed(stage, tour) == first
    stage.apply(stage.person({"light": 3}), tour)
    second = proposed(stage, tour)
    assert second.proposal_id != first.proposal_id
    assert len(second.places) == 2
    with pytest.raises(Conflict):
        accepted(stage, first)
    with stage.database.begin() as tx:
        drop(tx, stage.asker(stage.host), tour, second.proposal_id)
        drop(tx, stage.asker(stage.host), tour, second.proposal_id)
        assert open_proposal(tx, tour) is None
    third = proposed(stage, tour)
    assert (third.proposal_id != second.proposal_id, third.places) == (True, second.places)


def test_who_withdrew_meanwhile_is_left_out(stage: Stage) -> None:
    """The others are offered seats, and it is told who was left out; where nobody is left, nothing happens."""
    tour = stage.project("Tour", ["sound", "light"])
    ana, ben = stage.person({"sound": 3}), stage.person({"light": 3})
    stage.apply(ana, tour)
    stage.apply(ben, tour)
    made = proposed(stage, tour)
    gone = "update marketplace.application set state = 'withdrawn' where person_id = any(:people)"
    stage.do(gone, people=[ana])
    assert accepted(stage, made) == Accepted((ben,), (ana,))
    song = stage.project("Song", ["sound"])
    eda = stage.person({"sound": 3})
    stage.apply(eda, song)
    other = proposed(stage, song)
    stage.do(gone, people=[eda])
    with pytest.raises(Conflict):
        accepted(stage, other)
    assert stage.one(
        "select state from marketplace.team_proposal where proposal_id = :id", id=other.proposal_id
    ) == (ProposalState.PROPOSED)


def test_too_few_seats_offer_nothing(stage: Stage) -> None:
    """When seats went to others meanwhile, none of the team is offered one."""
    tour = stage.project("Tour", ["sound", "light"])
    ana, ben, eda = (stage.person({label: 3}) for label in ("sound", "light", "other"))
    stage.apply(ana, tour)
    stage.apply(ben, tour)
    made = proposed(stage, tour)
    stage.apply(eda, tour, state=State.OFFERED)
    with pytest.raises(Conflict):
        accepted(stage, made)
    assert stage.one("select count(*) from marketplace.application where state = 'offered'") == 1


def test_projects_together_overload_nobody(stage: Stage) -> None:
    """Wanted by two projects of five hours, somebody with eight left is put into one; other teams' hours count."""
    keys = [stage.project(title, ["sound"], owner=stage.host) for title in ("Tour", "Album")]
    ana, ben = stage.person({"sound": 5}, hours=8), stage.person({"sound": 2}, hours=8)
    stage.apply(ana, *keys)
    stage.apply(ben, keys[0])
    made = together(stage, *keys, by=stage.lead)
    assert [[place.person_id for place in made[key].places] for key in keys] == [[ben], [ana]]
    assert made[keys[0]].figures["projects"] == [str(key) for key in keys]
    busy = stage.project("Elsewhere", ["sound"])
    stage.do(
        "insert into marketplace.team_member (opportunity_id, person_id, joined_at) values (:o, :p, :now)",
        o=busy, p=ana, now=NOW,
    )  # fmt: skip
    again = proposed(stage, keys[1])
    assert again.places == ()
    with pytest.raises(NotFound):
        accepted(stage, made[keys[0]], by=stage.lead)  # the host offers the seats


def test_what_is_hidden_does_not_count(stage: Stage) -> None:
    """Skills hidden from the host lead nothing; who wants no machine to rank them is chosen by hand alone."""
    tour = stage.project("Tour", ["sound", "light"])
    shy = stage.person({"sound": 5}, visibility='{"skills": "me"}')
    own = stage.person({"light": 5}, ranked=False)
    stage.apply(shy, tour)
    stage.apply(own, tour)
    assert proposed(stage, tour).places == ()
    chosen = proposed(stage, tour, chosen=(own, shy))
    assert {each.person_id: each.leads for each in chosen.places} == {own: ("own:light",), shy: ()}
    assert chosen.figures["by_hand"] is True


def test_the_present_team_counts(stage: Stage) -> None:
    """Skills that somebody of the team leads already are not sought again."""
    tour = stage.project("Tour", ["sound", "light"], seats=2)
    mate, ana, ben = stage.person({"sound": 5}), stage.person({"sound": 5}), stage.person({"light": 1})
    stage.do(
        "insert into marketplace.team_member (opportunity_id, person_id, joined_at) values (:o, :p, :now)",
        o=tour, p=mate, now=NOW,
    )  # fmt: skip
    stage.apply(ana, tour)
    stage.apply(ben, tour)
    made = proposed(stage, tour)
    assert ([each.person_id for each in made.places], made.figures["sought"]) == ([ben], ["own:light"])


def test_only_hosts_and_leads_staff(stage: Stage) -> None:
    """To others, and to the host while projects are off, there is no such project."""
    tour = stage.project("Tour", ["sound"])
    ana = stage.person({"sound": 3})
    stage.apply(ana, tour)
    made = proposed(stage, tour)
    for act in (lambda: proposed(stage, tour, by=ana), lambda: accepted(stage, made, by=ana)):
        with pytest.raises(NotFound):
            act()
    stage.do("update marketplace.launch set state = 'off' where kind = 'project'")
    with pytest.raises(NotFound):
        proposed(stage, tour)


def test_choices_that_cannot_be(stage: Stage) -> None:
    """Nobody is chosen who did not apply, and no more people than seats; no project, too many projects."""
    tour = stage.project("Tour", ["sound"], seats=1)
    ana, ben, eda = (stage.person({"sound": 3}) for _ in range(3))
    stage.apply(ana, tour)
    stage.apply(ben, tour)
    for chosen in ((eda,), (ana, ben)):
        with pytest.raises(InvalidInput):
            proposed(stage, tour, chosen=chosen)
    with stage.database.begin() as tx, pytest.raises(InvalidInput):
        propose(tx, stage.asker(stage.host), [], now=NOW)


def test_a_host_without_a_directory_row_is_told(stage: Stage) -> None:
    """Who left the company staffs nothing, and the programme lead offers the seats instead."""
    tour = stage.project("Tour", ["sound"])
    ana = stage.person({"sound": 3})
    stage.apply(ana, tour)
    stage.do(
        "update marketplace.employee set active = false, left_at = :now where person_id = :p",
        p=stage.host,
        now=NOW,
    )
    with pytest.raises(Forbidden):
        proposed(stage, tour)
    made = proposed(stage, tour, by=stage.lead)
    assert accepted(stage, made, by=stage.lead).offered == (ana,)


def test_numbers() -> None:
    """How much it suits grows with words and with what is learned; the bound is told in whole per cent."""
    assert suits(with_words=True, wants=["a"], teaches=["a", "b"]) == pytest.approx(0.875)
    assert suits(with_words=False, wants=[], teaches=[]) == pytest.approx(0.6)
    assert [better_by(2, 2.0005), better_by(2, 2.01), better_by(0, 1)] == [0, 1, 100]
