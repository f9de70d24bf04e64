"""Pages: what every template has, how parts are answered, and that hostile text stays text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.testclient import TestClient
from tests.kernel.web.conftest import PARTIAL, Someone

from bandmate.kernel.web.notices import COOKIE
from bandmate.kernel.web.templating import NavItem, Templates

AT = datetime(2026, 11, 3, 13, 0, 5, tzinfo=UTC)
Fetch = Callable[..., str]


def request(path: str = "/page", query: str = "", **headers: str) -> Request:
    """A request as a server hands it over."""
    raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": raw,
            "state": {},
        }
    )


class TestPages:
    """Whole pages in the shell."""

    def test_a_page_lives_in_the_shell(self, page: Fetch) -> None:
        """A page has one title, a search field, a skip link and the navigation."""
        text = page("/page")
        assert "<title>A page · Bandmate</title>" in text
        assert text.count("<h1>") == 1
        for part in ('action="/jobs"', 'href="#main"', 'aria-label="Main"', 'href="/sign-in"'):
            assert part in text

    def test_the_navigation_shows_what_the_person_may_use(self, page: Fetch) -> None:
        """An entry with a role is seen only by people with that role."""
        assert 'href="/boards"' not in page("/page")
        assert 'href="/boards"' in page("/page", X_Person="Ada")

    def test_the_present_entry_is_marked(self, page: Fetch) -> None:
        """The navigation tells readers where they are."""
        assert '<a href="/jobs" aria-current="page">' in page("/jobs")
        assert "aria-current" not in page("/page")

    def test_a_person_can_sign_out(self, page: Fetch) -> None:
        """A signed-in person sees their name and a guarded form to leave."""
        text = page("/page", X_Person="Ada")
        assert 'Signed in as <strong translate="no">Ada</strong>' in text
        assert '<form action="/sign-out" method="post">' in text
        assert '<input type="hidden" name="csrf_token" value="a-token">' in text

    def test_a_chosen_theme_is_kept(self, client: TestClient) -> None:
        """The theme cookie decides, and anything else in it counts as no choice."""
        client.cookies.set("theme", "dark")
        assert '<html lang="en" dir="ltr" data-theme="dark">' in client.get("/page").text
        client.cookies.set("theme", '"><b>')
        assert '<html lang="en" dir="ltr">' in client.get("/page").text

    def test_a_missing_value_is_an_error(self, templates: Templates) -> None:
        """A template that asks for what it was not given fails instead of printing nothing."""
        with pytest.raises(jinja2.UndefinedError, match="'at' is undefined"):
            templates.render(request(), "test/times.html")

    def test_an_entry_without_role_is_for_everyone(self) -> None:
        """Only a stated role restricts an entry."""
        assert NavItem("Jobs", "/jobs", "briefcase").is_for(None)
        assert NavItem("Boards", "/boards", "rss", "operator").is_for(Someone())
        assert not NavItem("Boards", "/boards", "rss", "administrator").is_for(Someone())


class TestParts:
    """What htmx is answered with."""

    def test_htmx_is_answered_with_the_block_of_its_target(self, client: TestClient) -> None:
        """A request for #results gets the block results, with what the template set and defined at its top."""
        text = client.get("/page", headers=PARTIAL).text
        assert text.strip() == '<div id="results">Hello, WORLD! </div>'

    def test_the_part_equals_the_same_part_of_the_page(self, client: TestClient) -> None:
        """Whole page and part never differ."""
        assert client.get("/jobs", headers=PARTIAL).text.strip() in client.get("/jobs").text

    @pytest.mark.parametrize(
        "headers",
        [
            {**PARTIAL, "HX-Request-Type": "full"},
            {**PARTIAL, "HX-History-Restore-Request": "true"},
            {**PARTIAL, "HX-Target": "body"},
            {**PARTIAL, "HX-Target": "div#nothing-of-ours"},
            {"HX-Target": "div#results"},
        ],
    )
    def test_everything_else_gets_the_whole_page(self, client: TestClient, headers: dict[str, str]) -> None:
        """Boosted links, the history, and unknown targets are answered with a page."""
        assert "<!doctype html>" in client.get("/page", headers=headers).text

    def test_caches_know_that_parts_differ(self, client: TestClient) -> None:
        """Vary names the headers on which the answer depends."""
        assert {"Cookie", "HX-Request", "HX-Target"} <= set(client.get("/page").headers["Vary"].split(", "))


class TestText:
    """What people write stays text."""

    @pytest.mark.parametrize("where", ["text", "title", "q"])
    def test_hostile_text_is_escaped(self, client: TestClient, where: str) -> None:
        """Markup in what people write is shown, never run, in content, title and fields."""
        hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
        text = client.get("/jobs" if where == "q" else "/page", params={where: hostile}).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;img" in text

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.text(st.characters(codec=None)))
    def test_any_text_can_be_shown(self, templates: Templates, text: str) -> None:
        """Lone surrogates and control characters do not break a page."""
        assert templates.render(request(), "test/page.html", text=text).status_code == 200


class TestTimes:
    """Times in the zone of the reader."""

    def shown(self, templates: Templates, cookie: str = "", at: datetime = AT) -> str:
        """Render the page of times for a reader with this cookie."""
        return bytes(templates.render(request(cookie=cookie), "test/times.html", at=at).body).decode()

    def test_times_are_in_the_zone_of_the_reader(self, templates: Templates) -> None:
        """The cookie tz decides; the exact instant stands in the title and for machines."""
        assert (
            '<p id="instant"><time datetime="2026-11-03T13:00:05.000Z" title="3 Nov 2026, 13:00:05 UTC">'
            "3 Nov 2026, 14:00</time></p>"
        ) in self.shown(templates, "tz=Europe%2FBerlin")

    @pytest.mark.parametrize("cookie", ["", "tz=", "tz=Mars%2FOlympus", "tz=..%2F..%2Fetc%2Fpasswd", "tz=%00%ff"])
    def test_without_a_usable_zone_times_are_in_utc(self, templates: Templates, cookie: str) -> None:
        """A missing or bad cookie shows UTC and says so."""
        assert ">3 Nov 2026, 13:00 UTC</time>" in self.shown(templates, cookie)

    def test_the_day_is_that_of_the_reader(self, templates: Templates) -> None:
        """An evening in UTC is the next day in Tokyo."""
        late = datetime(2026, 11, 3, 22, 0, tzinfo=UTC)
        assert (
            '<p id="day"><time datetime="2026-11-03T22:00:00.000Z" title="3 Nov 2026, 22:00:00 UTC">4 Nov 2026'
            in (self.shown(templates, "tz=Asia/Tokyo", late))
        )

    def test_distance_is_counted_from_the_clock(self, templates: Templates) -> None:
        """Relative times use the application's clock, alone or beside the time."""
        text = self.shown(templates)
        assert ">2 days ago</time>" in text
        assert ">3 Nov 2026, 13:00 UTC (2 days ago)</time>" in text

    def test_components_know_the_reader(self, templates: Templates) -> None:
        """Times inside of components are in the reader's zone too."""
        assert text_of_timeline(self.shown(templates, "tz=Europe/Berlin")).count("14:00 (2 days ago)") == 1

    def test_an_unknown_time_is_a_dash(self, templates: Templates) -> None:
        """Nothing known is shown as nothing, or in the words the page gives."""
        assert '<p id="none">– – never</p>' in self.shown(templates)  # noqa: RUF001 - dashes, meant as such

    def test_a_naive_time_is_an_error(self, templates: Templates) -> None:
        """An instant without zone is a fault of ours, not something to guess."""
        with pytest.raises(ValueError, match="has no time zone"):
            self.shown(templates, at=datetime(2026, 11, 3))  # noqa: DTZ001 - the point of the test

    def test_a_component_imported_without_its_reader_is_an_error(self, templates: Templates) -> None:
        """A time that cannot know its reader is not silently shown in UTC."""
        wrong = '{% import "shell/components.html" as c %}{{ c.timeline([{"at": now, "title": "x"}]) }}'
        with pytest.raises(LookupError, match="Times need their reader"):
            templates.environment.from_string(wrong).render(now=AT)


def text_of_timeline(text: str) -> str:
    """Return the part of the page of times that the timeline wrote."""
    return text[text.index('<ol class="timeline">') :]


class TestAddresses:
    """Addresses with some of their query changed."""

    def test_filters_are_changed_within_the_address(self, templates: Templates) -> None:
        """url_with replaces a name, drops one, drops a single pair, and keeps the rest in order."""
        context = templates._context(request("/jobs", "q=a+b&city=Berlin&city=Malm%C3%B6&cursor=x"), {})
        url_with = context["url_with"]
        assert callable(url_with)
        assert url_with(cursor=None) == "/jobs?q=a+b&city=Berlin&city=Malm%C3%B6"
        assert url_with(cursor=None, without=[("city", "Malmö")]) == "/jobs?q=a+b&city=Berlin"
        assert url_with(q=None, city=None, cursor="y") == "/jobs?cursor=y"
        assert url_with(q=None, city=None, cursor=None) == "/jobs"


class TestNotices:
    """What was done, said once."""

    def test_what_was_done_is_said_once_with_an_undo(self, client: TestClient) -> None:
        """After a form the next page says what happened and offers a guarded undo; the one after does not."""
        assert client.post("/form").status_code == 303
        text = client.get("/parts").text
        assert "<strong>Done:</strong> The board lever:northlight was added." in text
        assert '<form class="inline-form" action="/boards/undo" method="post">' in text
        assert "Done:" not in client.get("/parts").text

    def test_a_part_does_not_use_the_notice_up(self, client: TestClient) -> None:
        """A fragment cannot show the notice, so it leaves it for the next page."""
        client.post("/form")
        client.get("/page", headers=PARTIAL)
        assert "Done:" in client.get("/parts").text

    @pytest.mark.parametrize(
        "value", ["garbage", "W10", "e30=", "WyJ0ZXh0IiwiLy9ldmlsLmV4YW1wbGUiXQ==", "A" * 9000]
    )
    def test_a_bad_cookie_is_no_notice(self, client: TestClient, value: str) -> None:
        """Unreadable cookies, and undos that would leave this site, are ignored."""
        client.cookies.set(COOKIE, value)
        answer = client.get("/page")
        assert answer.status_code == 200
        assert "Done:" not in answer.text
