"""People lists for owners: only who allows it, scored by what they show the owner, each of them told."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bandmate.kernel.consent import Through, withdraw
from bandmate.kernel.decisions import decisions_about, explain
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.matching import BE_FOUND, Candidates, candidates_for, show_candidates
from bandmate.marketplace.matching.acting import set_aside
from bandmate.marketplace.matching.sentences import why

from .world import NOON, World, asker


def found(world: World, owner: PersonId, opportunity: OpportunityId) -> Candidates:
    """Return the list of an opportunity."""
    with world.database.read() as tx:
        return candidates_for(tx, asker(owner), opportunity, now=NOON)


def names(world: World, owner: PersonId, opportunity: OpportunityId) -> list[str]:
    """Return who stands in it, best first."""
    return [each.employee.display_name for each in found(world, owner, opportunity).people]


def test_only_who_allows_it_is_suggested(world: World) -> None:
    """Consent, the ranking switched on, another kind not excluded, nothing set aside; and never the owner."""
    owner = world.person("Owner", has={"Python": 5}, found=True)
    project = world.opportunity("Radio", wanted=["Python"], owner=owner)
    world.person("Ana", has={"Python": 3}, found=True)
    best = world.person("Ben", has={"Python": 5}, found=True)
    world.person("No consent", has={"Python": 5})
    world.person("Ranking off", has={"Python": 5}, found=True, ai_ranking=False)
    world.person("Mentoring only", has={"Python": 5}, found=True, open_to=["mentoring"])
    world.person("Cannot", has={"Baking": 5}, found=True)
    world.person("Proposed", proposed=["Python"], found=True)
    aside = world.person("Not for me", has={"Python": 5}, found=True)
    with world.database.begin() as tx:
        set_aside(tx, aside, project, now=NOON)
    assert names(world, owner, project) == ["Ben", "Ana"]
    with world.database.begin() as tx:
        shown = BE_FOUND.shown(to=best, through=Through.PAGE)
        withdraw(tx, best, BE_FOUND.name, None, evidence=shown, at=NOON)
    assert names(world, owner, project) == ["Ana"]


def test_what_is_hidden_from_the_owner_counts_neither_way(world: World) -> None:
    """Hidden wishes, hours and interests are unknown to the score, so it cannot give them away."""
    owner = world.person("Owner")
    project = world.opportunity("Radio", wanted=["Python"], learn=["Kubernetes"], hours=8)
    with world.database.begin() as tx:
        tx.execute(text("update marketplace.opportunity set owner_id = :owner"), {"owner": owner})
    hidden = {"wants": "me", "availability": "me", "interests": "me", "aims": "me"}
    world.person("Open", has={"Python": 3}, found=True, visibility=hidden)
    world.person(
        "Hidden",
        has={"Python": 3},
        wants=["Kubernetes"],
        interests=["radio"],
        hours=1,
        aims="Radio",
        target="Radio host",
        found=True,
        visibility=hidden,
    )
    people = found(world, owner, project).people
    assert len(people) == 2
    assert people[0].fit.parts == people[1].fit.parts
    assert {why(each.fit, others=True) for each in people} == {why(people[0].fit, others=True)}


def test_who_hides_all_that_fits_is_not_suggested(world: World) -> None:
    """Whoever shows the owner neither skills nor wishes does not stand in the list, however well they fit."""
    owner = world.person("Owner")
    project = world.opportunity("Radio", wanted=["Python"], owner=owner)
    world.person("Hidden", has={"Python": 5}, found=True, visibility={"skills": "me"})
    world.person("Team", has={"Python": 5}, found=True, visibility={"skills": "team"})
    assert names(world, owner, project) == []


def test_a_kind_that_is_not_open_to_somebody_suggests_them_to_nobody(world: World) -> None:
    """Who could not see the opportunity is not suggested for it; a kind that is off has no lists at all."""
    owner = world.person("Owner")
    project = world.opportunity("Radio", wanted=["Python"], owner=owner)
    world.person("Ben", has={"Python": 5}, found=True)
    group = new_id()
    with world.database.begin() as tx:
        tx.execute(text("delete from marketplace.people_group"))
        insert = "insert into marketplace.people_group values (:group, 'Pilot', null, 1, :at, :at)"
        tx.execute(text(insert), {"group": group, "at": NOON})
        member = "insert into marketplace.people_group_member values (:group, :person)"
        tx.execute(text(member), {"group": group, "person": owner})
    assert names(world, owner, project) == ["Ben"]
    world.launch("project", state="pilot", groups=[group])
    assert names(world, owner, project) == []
    world.launch("job")
    with pytest.raises(NotFound):
        found(world, owner, project)


def test_the_list_is_the_owners_alone(world: World) -> None:
    """Nobody else gets it, and cannot tell that there is such an opportunity."""
    owner, other = world.person("Owner"), world.person("Other")
    project = world.opportunity("Radio", wanted=["Python"], owner=owner)
    for somebody, opportunity in ((other, project), (owner, OpportunityId(new_id()))):
        with pytest.raises(NotFound):
            found(world, somebody, opportunity)


def test_it_says_why_it_is_empty(world: World) -> None:
    """Closed, without skills, or nobody to suggest are told apart."""
    owner = world.person("Owner")
    closed = world.opportunity("Closed", state="closed", owner=owner)
    vague = world.opportunity("Vague", owner=owner)
    assert not found(world, owner, closed).is_open
    assert not found(world, owner, vague).states_skills


def test_everybody_shown_can_read_that_they_were(world: World) -> None:
    """Each person shown gets a decision with the parts of the score, once; and exposure is written down."""
    owner = world.person("Owner")
    project = world.opportunity("Radio", wanted=["Python"], owner=owner)
    ben = world.person("Ben", has={"Python": 5}, found=True)
    for _ in range(2):
        with world.database.begin() as tx:
            shown = show_candidates(tx, asker(owner), project, now=NOON)
    assert world.count("kernel.decision") == 1
    assert world.count("marketplace.shown") == 1
    with world.database.read() as tx:
        case = decisions_about(tx, ben, asker=asker(ben)).items[0]
    assert case.decision.score == pytest.approx(shown.people[0].fit.score)
    assert "You were suggested to the owner of “Radio”" in explain(case, ben).sentence
