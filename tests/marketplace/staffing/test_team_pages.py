"""The pages and the API of staffing: who sees them, the matrix, a choice by hand, accepting."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from tests.marketplace.opportunities.world import Member
from tests.marketplace.staffing.conftest import Stage

from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId

Enter = Callable[[PersonId], Member]
_TAG = re.compile(r"<[^>]*>")


def words(markup: str) -> str:
    """Return what a reader sees."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


@pytest.fixture
def tour(stage: Stage) -> OpportunityId:
    """A project for which three people applied."""
    key = stage.project("Tour <b>", ["sound", "light", "maps"])
    for skills, strength in (({"sound": 5}, "Calm"), ({"sound": 2}, "Bold"), ({"light": 4}, "Warm")):
        stage.apply(stage.person(skills, strengths=[strength]), key)
    return key


def test_the_host_proposes_compares_and_accepts(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """The matrix says who leads what; a choice by hand stands beside it; seats are offered."""
    host, page = enter(stage.host), f"/opportunities/{tour}/team"
    assert "Put a team together" in words(host.read(page))
    assert "See the team" in words(host.read(f"/opportunities/{tour}"))
    assert host.send(page, page).status_code == 303
    said = words(host.read(page))
    assert "The best team there is from these applicants." in said
    assert "It covers 2 of 3 skills sought." in said
    assert "Nobody leads yet maps" in said or "maps Nobody yet" in said
    assert "Tour <b>" in said
    weaker = str(stage.one("select person_id from marketplace.profile where strengths = array['Bold']"))
    said = words(host.read(f"{page}?chosen={weaker}&chosen=nonsense&chosen={new_id()}"))
    assert re.search(r"It is worth \d+ % of the best team", said)
    proposal = stage.one("select proposal_id from marketplace.team_proposal where state = 'proposed'")
    assert host.send(page, f"{page}/{proposal}/accept").status_code == 303
    assert "Offered, did not answer yet" in words(host.read(page))
    assert stage.one("select count(*) from marketplace.application where state = 'offered'") == 2


def test_nobody_applied_yet(stage: Stage, enter: Enter) -> None:
    """The way to people who fit stands where the team will."""
    key = stage.project("Quiet", ["sound"])
    page = enter(stage.host).read(f"/opportunities/{key}/team")
    assert f"/opportunities/{key}/candidates" in page


def test_others_see_nothing(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """Applicants and other colleagues get the answer for what is not there, on pages and in the API."""
    other = enter(stage.free[0])
    assert other.get(f"/opportunities/{tour}/team").status_code == 404
    assert other.ask(f"/opportunities/{tour}/team").status_code == 404
    assert other.ask(f"/opportunities/{tour}/team", "POST", {}).status_code == 404
    assert other.get("/staffing").status_code == 404


def test_the_programme_lead_staffs_together(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """The projects ticked are staffed at once; their hosts accept, the lead does not."""
    lead = enter(stage.lead)
    second = stage.project("Album", ["light"])
    stage.apply(stage.person({"light": 3}), second)
    assert lead.send("/staffing", "/staffing", projects=[str(tour), str(second)]).status_code == 303
    said = words(lead.read("/staffing"))
    assert "The best there is for 2 projects together" in said
    page = lead.read(f"/opportunities/{tour}/team")
    assert "Offer them the seats" not in page
    assert "Whoever hosts the project offers the seats." in words(page)
    assert lead.send("/staffing", "/staffing").status_code == 422


def test_the_api_does_the_same(stage: Stage, tour: OpportunityId, enter: Enter) -> None:
    """Reading, proposing, dropping and accepting; another project's proposal is none of this one."""
    host, path = enter(stage.host), f"/opportunities/{tour}/team"
    read = host.ask(path).json()
    assert (read["proposal"], read["seats_left"], read["applicants"]) == (None, 2, 3)
    made = host.ask(path, "POST", {})
    assert made.status_code == 201
    proposal = made.json()
    assert host.ask(path, "POST", {}).json() == proposal
    assert proposal["uncovered"] == ["own:maps"]
    other = stage.project("Other", ["x"])
    assert host.ask(f"/opportunities/{other}/team/{proposal['proposal_id']}/accept", "POST").status_code == 404
    assert host.ask(path, "POST", {"chosen": [str(new_id())]}).status_code == 422
    done = host.ask(f"{path}/{proposal['proposal_id']}/accept", "POST").json()
    assert set(done["offered"]) == {each["person_id"] for each in proposal["members"]}
    assert host.ask(f"{path}/{proposal['proposal_id']}/drop", "POST").status_code == 409
