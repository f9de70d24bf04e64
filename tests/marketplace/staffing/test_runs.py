"""Teams for many: worked out in the background, once for the same question, and what is told meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.marketplace.staffing.conftest import NOW, Stage
from tests.marketplace.staffing.test_team_pages import Enter, words

from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.tasks import run_due
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.staffing import Proposal, runs, sizing
from bandmate.marketplace.staffing.domain import Computed, Field, Run, RunState, compute
from bandmate.marketplace.staffing.gathering import gather
from bandmate.marketplace.staffing.queries import open_proposals


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "AT_ONCE", 0)


@pytest.fixture
def tour(stage: Stage) -> OpportunityId:
    """A project for which two people applied."""
    key = stage.project("Tour", ["sound", "light"])
    for skill in ("sound", "light"):
        stage.apply(stage.person({skill: 4}), key)
    return key


def asked(
    stage: Stage, *keys: OpportunityId, by: PersonId | None = None
) -> Mapping[OpportunityId, Proposal] | Run:
    """Ask for teams as a page does."""
    with stage.database.begin() as tx:
        return runs.ask(tx, stage.asker(by or stage.host), keys, now=NOW)


def under_way(stage: Stage, *keys: OpportunityId) -> Run:
    """Ask for teams that are worked out in the background."""
    found = asked(stage, *keys)
    assert isinstance(found, Run)
    return found


def as_it_stands(stage: Stage, run: Run) -> Run:
    """Return how a run came along."""
    with stage.database.read() as tx:
        return runs.run_of(tx, run.asked_by, run.run_id)


def work(stage: Stage) -> None:
    """Let a worker do what is due."""
    run_due(stage.database, clock=lambda: NOW)


def test_the_same_question_is_worked_out_once(stage: Stage, tour: OpportunityId) -> None:
    """Asked twice it is one run and one job; answered, the proposals stand and asking again is quick."""
    first = under_way(stage, tour)
    assert asked(stage, tour) == first
    assert first.state is RunState.WAITING
    assert stage.one("select count(*) from procrastinate.procrastinate_jobs where task_name = :name "
                     "and status = 'todo'", name=runs.TASK) == 1  # fmt: skip
    work(stage)
    assert as_it_stands(stage, first).state is RunState.READY
    again = asked(stage, tour)
    assert not isinstance(again, Run)
    assert {place.leads for place in again[tour].places} == {("own:sound",), ("own:light",)}
    runs.work_out(stage.database, first.run_id, clock=lambda: NOW)
    assert asked(stage, tour) == again
    assert stage.one("select count(*) from marketplace.team_proposal where opportunity_id = :id", id=tour) == 1


def test_the_page_tells_how_it_comes_along(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """It says so meanwhile, with a link where there are no scripts; Today tells when it is there."""
    host, page = enter(stage.host), f"/opportunities/{tour}/team"
    assert host.send(page, page).status_code == 303
    markup = host.read(page)
    assert 'hx-trigger="every 3s"' in markup
    said = words(markup)
    assert "The team is being worked out" in said
    assert "Look again" in said
    assert "Put a team together" not in said
    assert "is worked out" not in words(host.read("/today"))
    work(stage)
    markup = host.read(page)
    assert "every 3s" not in markup
    assert "The best team there is from these applicants." in words(markup)
    assert "A team for “Tour” is worked out" in words(host.read("/today"))
    proposal = stage.one("select proposal_id from marketplace.team_proposal where state = 'proposed'")
    host.send(page, f"{page}/{proposal}/drop")
    assert "is worked out" not in words(host.read("/today"))


def test_the_api_answers_202_and_where_to_ask(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """The status says how it comes along, to who asked alone; then the proposal is the answer."""
    host = enter(stage.host)
    made = host.ask(f"/opportunities/{tour}/team", "POST", {})
    assert made.status_code == 202
    status = made.headers["location"].removeprefix("/marketplace/v1")
    assert host.ask(status).json() == made.json()
    assert enter(stage.lead).ask(status).status_code == 404
    assert host.ask(f"/staffing/{new_id()}").status_code == 404
    assert host.ask(f"/opportunities/{tour}/team").json()["run"]["state"] == "waiting"
    work(stage)
    assert host.ask(status).json()["state"] == "ready"
    assert host.ask(f"/opportunities/{tour}/team", "POST", {}).status_code == 201


def test_several_projects_over_the_api(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """Programme leads staff several at once; hosts do not, nor does anybody staff none or nonsense."""
    lead, other = enter(stage.lead), stage.project("Album", ["light"])
    stage.apply(stage.person({"light": 2}), other)
    wanted = {"projects": [str(tour), str(other)]}
    made = lead.ask("/staffing", "POST", wanted)
    assert (made.status_code, set(made.json()["projects"])) == (202, set(wanted["projects"]))
    assert "Teams of 2 projects are being worked out" in words(lead.read("/staffing"))
    work(stage)
    assert len(lead.ask("/staffing", "POST", wanted).json()["data"]) == 2
    assert "Teams for 2 projects are worked out" in words(lead.read("/today"))
    assert enter(stage.host).ask("/staffing", "POST", wanted).status_code == 404
    assert lead.ask("/staffing", "POST", {"projects": []}).status_code == 422
    assert lead.ask("/staffing", "POST", {"projects": ["x"]}).status_code == 422


def test_what_stands_in_the_way_is_told(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """A project that was closed meanwhile: the page and Today say why, and one can try again."""
    run = under_way(stage, tour)
    stage.do("update marketplace.opportunity set state = 'closed' where opportunity_id = :id", id=tour)
    work(stage)
    failed = as_it_stands(stage, run)
    assert (failed.state, failed.problem) == (RunState.FAILED, {"reason": "not_open", "project": "Tour"})
    host, page = enter(stage.host), f"/opportunities/{tour}/team"
    said = words(host.read(page))
    assert "“Tour” was closed meanwhile." in said
    assert "Try again" in said
    assert "No team was worked out for “Tour”" in words(host.read("/today"))
    stage.do("update marketplace.opportunity set state = 'open' where opportunity_id = :id", id=tour)
    assert host.send(page, page).status_code == 303
    work(stage)
    assert "The best team there is from these applicants." in words(host.read(page))


def test_after_a_crash_it_is_tried_again(
    stage: Stage, tour: OpportunityId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks is told in a sentence; the next try begins from the start."""

    def broken(field: Field, *, effort: float) -> Computed:
        raise RuntimeError("solver")

    run = under_way(stage, tour)
    with monkeypatch.context() as patch:
        patch.setattr(runs, "compute", broken)
        with pytest.raises(RuntimeError):
            runs.work_out(stage.database, run.run_id, clock=lambda: NOW)
    assert as_it_stands(stage, run).problem == {"reason": "failed"}
    runs.work_out(stage.database, run.run_id, clock=lambda: NOW)
    assert as_it_stands(stage, run).state is RunState.READY


def test_a_question_that_changes_is_answered_anew(
    stage: Stage, tour: OpportunityId, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who applies while it is worked out is in the answer."""
    late = stage.person({"sound": 5, "light": 5})
    calls: list[int] = []

    def slow(field: Field, *, effort: float) -> Computed:
        if not calls:
            stage.apply(late, tour)
        calls.append(len(field.applicants))
        return compute(field, effort=effort)

    monkeypatch.setattr(runs, "compute", slow)
    run = under_way(stage, tour)
    runs.work_out(stage.database, run.run_id, clock=lambda: NOW)
    assert calls == [2, 3]
    with stage.database.read() as tx:
        (held,) = open_proposals(tx, [tour]).values()
        assert not runs.is_stale(tx, held, now=NOW)
    assert late in {place.person_id for place in held.places}


def test_a_proposal_that_is_stale_says_so(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """Somebody else applied since: the page and the API say it, and one can have it worked out again."""
    under_way(stage, tour)
    work(stage)
    host, page = enter(stage.host), f"/opportunities/{tour}/team"
    assert host.ask(page).json()["is_stale"] is False
    stage.apply(stage.person({"sound": 5}), tour)
    assert host.ask(page).json()["is_stale"] is True
    assert "Something changed since" in words(host.read(page))
    host.send(page, page)
    work(stage)
    assert "Something changed since" not in words(host.read(page))


def test_a_choice_by_hand_waits_for_nobody(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """It is compared with what no team can be worth more than, and is a proposal at once."""
    host, page = enter(stage.host), f"/opportunities/{tour}/team"
    one = str(
        stage.one("select person_id from marketplace.application where opportunity_id = :id limit 1", id=tour)
    )
    assert "It is worth at least" in words(host.read(f"{page}?chosen={one}"))
    assert host.ask(page, "POST", {"chosen": [one]}).status_code == 201
    assert stage.one("select count(*) from marketplace.staffing_run") == 0


def test_no_team_is_worth_more_than_the_ceiling(stage: Stage, tour: OpportunityId) -> None:
    """What is said without a search is never too little."""
    stage.apply(stage.person({"sound": 2, "light": 3}, strengths=["Calm", "Warm"]), tour)
    with stage.database.read() as tx:
        field = gather(tx, stage.host, by_ids(tx, [tour]), now=NOW)
    assert sizing.ceiling(field, tour) >= compute(field).bound - 1e-3
    assert sizing.is_large(field)
    assert not sizing.is_large(replace(field, applicants=()))


def test_runs_are_ones_own(stage: Stage, tour: OpportunityId) -> None:
    """Another's run is not there for anybody else, and none is begun for strangers or for nothing."""
    run = under_way(stage, tour)
    with stage.database.read() as tx, pytest.raises(NotFound):
        runs.run_of(tx, stage.lead, run.run_id)
    with pytest.raises(NotFound):
        asked(stage, tour, by=stage.free[0])
    with pytest.raises(InvalidInput):
        asked(stage)
