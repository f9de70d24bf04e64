"""The API of profiles: what the pages do, with versions instead of marks."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from httpx import Response
from tests.marketplace.profiles.conftest import Browsers, Company
from tests.taxonomy.tiny import PIANO

from bandmate.kernel.ids import new_id

ME = "/marketplace/v1/me"


class Caller:
    """Somebody who calls the API with their session."""

    def __init__(self, browsers: Browsers, who: str) -> None:
        self._client = browsers[who].client
        found = re.search(r'name="csrf_token" value="([^"]+)"', browsers[who].read("/me/profile"))
        assert found is not None
        self._guard = html.unescape(found[1])

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """Send a request."""
        guard = {"x-csrf-token": self._guard, "origin": "http://testserver"}
        answer: Response = self._client.request(
            method,
            path,
            json=body,
            headers=guard | {name.replace("_", "-"): value for name, value in headers.items()},
        )
        return answer


@pytest.fixture
def anna(browsers: Browsers) -> Caller:
    """Anna."""
    return Caller(browsers, "anna")


def test_a_profile_is_written_with_its_version(anna: Caller) -> None:
    """The ETag of what was read admits one write; a second one with it is a conflict and changes nothing."""
    first = anna("GET", f"{ME}/profile")
    assert (first.headers["etag"], first.headers["cache-control"]) == ('"0"', "private, no-store")
    body = {
        "headline": "Tuner",
        "hours_per_week": 2.5,
        "working_style": {"pace": -1},
        "visibility": {"about": "me"},
    }
    done = anna("PUT", f"{ME}/profile", body, if_match='"0"')
    assert (done.status_code, done.headers["etag"]) == (200, '"1"')
    assert done.json()["data"]["availability"]["hours_per_week"] == 2.5
    assert done.json()["data"]["visibility"]["about"] == "me"
    again = anna("PUT", f"{ME}/profile", {"headline": "Other"}, if_match='"0"')
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "conflict")
    assert anna("GET", f"{ME}/profile").json()["data"]["headline"] == "Tuner"
    assert anna("PUT", f"{ME}/profile", body, if_match='"0"').status_code == 200, "the same again is no clash"


@pytest.mark.parametrize(
    "body",
    [
        {"headline": "x" * 500},
        {"hours_per_week": 99},
        {"hours_per_week": "NaN"},
        {"working_style": {"pace": 2}},
        {"working_style": {"gender": 1}},
        {"visibility": {"headline": "world"}},
        {"visibility": {"salary": "me"}},
        {"open_to": ["gig"]},
        {"surprise": 1},
        {"target": {"kind": "opportunity", "label": "x", "opportunity_id": str(new_id())}},
    ],
)
def test_a_profile_that_cannot_be_kept_is_refused(anna: Caller, body: dict[str, Any]) -> None:
    """Too long, out of range, unknown, or an opportunity that is not open: 422, and nothing changed."""
    assert anna("PUT", f"{ME}/profile", body).status_code == 422
    assert anna("GET", f"{ME}/profile").headers["etag"] == '"0"'


def test_skills_and_claims(anna: Caller, browsers: Browsers, company: Company) -> None:
    """Add and remove skills, add a claim, have it confirmed, take it along as a résumé."""
    boss = Caller(browsers, "boss")
    got = anna("POST", f"{ME}/skills", {"words": "tune pianos, coffee", "level": 3}).json()["data"]
    assert {each["uri"] for each in got["skills"]} == {PIANO, "own:coffee"}
    assert anna("DELETE", f"{ME}/skills?uri=own:coffee").status_code == 204
    assert anna("DELETE", f"{ME}/skills?uri=own:coffee").status_code == 404
    assert anna("POST", f"{ME}/skills/restore", {"uri": "own:coffee"}).status_code == 200
    made = anna(
        "POST",
        f"{ME}/claims",
        {"kind": "project", "title": "Harps", "skills": ["tune pianos"], "visibility": "company"},
    )
    assert made.status_code == 201
    claim = made.json()["data"]["claim_id"]
    assert (
        anna(
            "POST", f"{ME}/claims/{claim}/confirmations", {"confirmer": str(company["boss"]), "role": "host"}
        ).status_code
        == 200
    )
    waiting = boss("GET", f"{ME}/confirmations").json()["data"]
    assert [(each["of"], each["claim"]["title"]) for each in waiting] == [("Anna", "Harps")]
    assert (
        boss("PUT", f"{ME}/confirmations/{claim}", {"confirms": True, "words": "Yes", "version": 1}).status_code
        == 204
    )
    seen = boss("GET", f"/marketplace/v1/people/{company['anna']}").json()["data"]
    assert {each["label"]: each["confirmed_by"] for each in seen["skills"]} == {"tune pianos": 1, "coffee": 0}
    assert seen["claims"][0]["confirmations"][0]["by"] == "Boss"
    assert (seen["aims"], "aims" in seen["visible"]) == (None, False)
    resume = anna("GET", f"{ME}/resume").json()
    assert resume["projects"][0]["name"] == "Harps"
    assert anna("DELETE", f"{ME}/claims/{claim}").status_code == 204
    assert anna("GET", f"{ME}/claims").json() == {"data": []}


def test_unknown_people_are_not_found(anna: Caller, company: Company) -> None:
    """Nobody of that id, somebody who left, and somebody who was never here answer alike."""
    for person in (new_id(), company["left"], company["stranger"]):
        assert anna("GET", f"/marketplace/v1/people/{person}").status_code == 404
