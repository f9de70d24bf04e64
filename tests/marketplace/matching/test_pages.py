"""The pages and the API of matching: who reads what, the switch, setting aside with undo."""

from __future__ import annotations

import html
import re

from tests.kernel.today.people import key_of, somebody

from bandmate.kernel.identity.access import Role
from bandmate.kernel.ids import new_id

from .world import World

_TAG = re.compile(r"<[^>]*>")


def words(markup: str) -> str:
    """Return what a reader sees."""
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def test_the_page_shows_fits_with_reasons(site_world: World) -> None:
    """Each suggestion has its reasons, its parts in numbers that add up, and a way to set it aside."""
    mia = site_world.somebody("Mia Kern", has={"Python": 5}, wants=["Kubernetes"])
    site_world.opportunity("Radio <script>", wanted=["Python", "Mixing"], learn=["Kubernetes"])
    page = mia.get("/for-you")
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "private, no-store"
    said = words(page.text)
    assert "Radio <script>" in said
    assert "<script>" not in page.text.replace("<script src", "")
    assert "You have 1 of the 2 skills it asks for: Python." in said
    assert re.search(r"Skills you have 15(\.0)? of 30", said)
    assert "not stated" in said
    assert site_world.count("marketplace.shown") == 1


def test_today_points_to_the_list_until_it_is_looked_at(site_world: World) -> None:
    """Whoever has skills is told of the list; not after a look today, nor with the ranking switched off."""
    mia = site_world.somebody("Mia Kern", has={"Python": 5})
    assert "See what suits you" not in mia.get("/today").text
    site_world.opportunity("Radio", wanted=["Python"])
    assert "See what suits you" in mia.get("/today").text
    mia.get("/for-you")
    assert "See what suits you" not in mia.get("/today").text
    ola = site_world.somebody("Ola Lund", has={"Python": 5})
    ola.post("/for-you/ranking", on="no")
    assert "See what suits you" not in ola.get("/today").text


def test_not_for_me_can_be_undone(site_world: World) -> None:
    """What is set aside leaves the list, is offered to be taken back, and comes back."""
    mia = site_world.somebody("Mia Kern", has={"Python": 5})
    radio = site_world.opportunity("Radio", wanted=["Python"])
    assert mia.post(f"/for-you/{radio}/set-aside").status_code == 303
    page = words(mia.get("/for-you").text)
    assert "Nothing left to suggest" in page
    assert "Take back" in page
    assert mia.post(f"/for-you/{radio}/take-back").status_code == 303
    assert f"/for-you/{radio}/set-aside" in mia.get("/for-you").text
    assert mia.post(f"/for-you/{new_id()}/set-aside").status_code == 404


def test_the_ranking_can_be_switched_off_for_good(site_world: World) -> None:
    """Off, the page offers search and the way back, names nothing, and writes nothing down."""
    mia = site_world.somebody("Mia Kern", has={"Python": 5})
    site_world.opportunity("Radio", wanted=["Python"])
    assert mia.post("/for-you/ranking", on="perhaps").status_code == 422
    assert mia.post("/for-you/ranking", on="no").status_code == 303
    page = mia.get("/for-you").text
    assert "The ranking is off" in page
    assert 'href="/opportunities"' in page
    assert "Radio" not in page
    assert site_world.count("marketplace.shown") == 0
    assert mia.post("/for-you/ranking", on="yes").status_code == 303
    assert "Radio" in mia.get("/for-you").text


def test_pages_say_why_there_is_nothing(site_world: World) -> None:
    """Somebody who is no employee, and one to whom nothing is open, read what to do."""
    assert site_world.app is not None
    stranger = somebody(site_world.app, site_world.database, Role.MEMBER)
    assert "not in the directory" in stranger.get("/for-you").text
    mia = site_world.somebody("Mia Kern")
    site_world.launch()
    assert "Nothing is open to you yet" in mia.get("/for-you").text


def test_an_owner_reads_who_fits(site_world: World) -> None:
    """The owner reads names with reasons, everybody else finds nothing there."""
    owner = site_world.somebody("Olu Owner")
    other = site_world.somebody("Kai Other")
    radio = site_world.opportunity("Radio", wanted=["Python"], owner=owner.person_id)
    site_world.person("Ben Adler", has={"Python": 5}, found=True)
    page = owner.get(f"/opportunities/{radio}/candidates")
    assert "Ben Adler" in page.text
    assert "They have 1 of the 1 skill it asks for: Python." in words(page.text)
    assert other.get(f"/opportunities/{radio}/candidates").status_code == 404
    assert owner.post("/for-you/ranking", on="no").status_code == 303
    page = owner.get(f"/opportunities/{radio}/candidates")
    assert "Ben Adler" not in page.text
    assert "The ranking is off" in page.text


def test_the_api_gives_what_the_page_shows(site_world: World) -> None:
    """List, switch, setting aside and people, with parts that add up; with a key of the member's scope."""
    mia = site_world.somebody("Mia Kern", has={"Python": 5})
    radio = site_world.opportunity("Radio", wanted=["Python"])
    own = site_world.opportunity("Own", wanted=["Python"], owner=mia.person_id)
    site_world.person("Ben Adler", has={"Python": 5}, found=True)
    key = key_of(site_world.database, mia, "member")
    answer = mia.client.get("/marketplace/v1/for-you", headers=key).json()
    assert answer["considered"] == 1
    item = answer["items"][0]
    assert item["title"] == "Radio"
    assert round(sum(part["points"] for part in item["parts"]), 1) == item["score"]
    people = mia.client.get(f"/marketplace/v1/opportunities/{own}/candidates", headers=key).json()
    assert [each["name"] for each in people["items"]] == ["Ben Adler"]
    assert mia.client.put(f"/marketplace/v1/for-you/set-aside/{radio}", headers=key).status_code == 204
    assert mia.client.get("/marketplace/v1/for-you", headers=key).json()["items"] == []
    assert mia.client.delete(f"/marketplace/v1/for-you/set-aside/{radio}", headers=key).status_code == 204
    off = mia.client.put("/marketplace/v1/for-you/ranking", headers=key, json={"on": False})
    assert off.json() == {"on": False}
    assert mia.client.get("/marketplace/v1/for-you", headers=key).json()["ai_ranking"] is False
    stranger = somebody(site_world.app, site_world.database, Role.MEMBER)  # type: ignore[arg-type]  # there is one
    outside = key_of(site_world.database, stranger, "member")
    assert (
        stranger.client.put("/marketplace/v1/for-you/ranking", headers=outside, json={"on": False}).status_code
        == 403
    )


def test_the_opportunitys_page_says_how_it_fits(site_world: World) -> None:
    """The reader sees the reasons there, the owner the way to people; who switched the ranking off, nothing."""
    owner = site_world.somebody("Olu Owner")
    mia = site_world.somebody("Mia Kern", has={"Python": 5})
    radio = site_world.opportunity("Radio", wanted=["Python"], owner=owner.person_id)
    assert "You have 1 of the 1 skill it asks for: Python." in words(mia.get(f"/opportunities/{radio}").text)
    assert f"/opportunities/{radio}/candidates" in owner.get(f"/opportunities/{radio}").text
    assert f"/opportunities/{radio}/candidates" not in mia.get(f"/opportunities/{radio}").text
    assert mia.post("/for-you/ranking", on="no").status_code == 303
    assert "How it fits you" not in mia.get(f"/opportunities/{radio}").text


def test_a_search_can_be_ordered_for_you(site_world: World) -> None:
    """The order "for you" of the search is that of matching."""
    mia = site_world.somebody("Mia Kern", has={"Python": 5})
    site_world.opportunity("Bread", wanted=["Baking"])
    site_world.opportunity("Radio", wanted=["Python"])
    page = mia.get("/opportunities?order=for_you").text
    assert page.index("Radio") < page.index("Bread")
