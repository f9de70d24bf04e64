"""Wishes for a mentor: made, changed, withdrawn; seen by nobody else."""

from __future__ import annotations

from tests.marketplace.opportunities.world import World

from bandmate.marketplace.kinds import Kind

NEW = "/mentoring/wishes/new"


def test_wish_is_made_changed_and_withdrawn(world: World) -> None:
    """The page shows what one wishes and what one can do about it."""
    mentee = world.member("Mei")
    wish = {"topics": "negotiation; Music rights", "format": "reverse", "words": "I <b>try</b>", "key": "k"}
    assert mentee.send(NEW, "/mentoring/wishes", **wish).status_code == 303
    assert mentee.send(NEW, "/mentoring/wishes", **wish).status_code == 303
    page = mentee.read("/mentoring")
    assert page.count("Waiting for a mentor") == 1
    assert "I &lt;b&gt;try" in page
    (made,) = mentee.ask("/wishes").json()["data"]
    assert {topic["label"].casefold() for topic in made["topics"]} >= {"music rights"}
    here = f"/mentoring/wishes/{made['wish_id']}"
    assert mentee.send(f"{here}/edit", f"{here}/edit", **wish, version="9").status_code == 409
    assert (
        mentee.send(f"{here}/edit", f"{here}/edit", **wish | {"cadence": "monthly"}, version="1").status_code
        == 303
    )
    assert "monthly" in mentee.read("/mentoring")
    assert mentee.send("/mentoring", f"{here}/withdraw").status_code == 303
    assert mentee.ask("/wishes").json()["data"] == []


def test_wish_needs_a_topic_and_keeps_what_was_typed(world: World) -> None:
    """A form without topics comes back."""
    mentee = world.member("Mei")
    answer = mentee.send(NEW, "/mentoring/wishes", topics=" , ", words="kept words")
    assert answer.status_code == 422
    assert "kept words" in answer.text


def test_wishes_are_seen_by_nobody_else(world: World) -> None:
    """Another's wish is not there, to read, change or withdraw."""
    mentee, other = world.member("Mei"), world.member("Otis")
    made = mentee.ask("/wishes", "POST", {"topics": ["mixing"]}).json()["data"]
    here = f"/mentoring/wishes/{made['wish_id']}"
    assert other.get(f"{here}/edit").status_code == 404
    assert other.client.post(f"{here}/withdraw").status_code == 404
    assert other.ask(f"/wishes/{made['wish_id']}", "DELETE").status_code == 404
    assert mentee.ask("/wishes").json()["data"][0]["state"] == "open"


def test_five_wishes_are_enough(world: World) -> None:
    """A sixth open wish is refused."""
    mentee = world.member("Mei")
    for number in range(5):
        assert mentee.ask("/wishes", "POST", {"topics": [f"t{number}"]}).status_code == 201
    assert mentee.ask("/wishes", "POST", {"topics": ["t6"]}).status_code == 409


def test_own_offers_stand_beside_wishes(world: World) -> None:
    """A mentor sees what they offer."""
    mentor = world.member("Mo")
    world.offer(mentor, "An hour on contracts", kind=Kind.MENTORING)
    assert "An hour on contracts" in mentor.read("/mentoring")
