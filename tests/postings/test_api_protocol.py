"""The HTTP API as a protocol: bad input refused, conditions by ETag, pages of other sites kept out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.postings.api_world import ROOT, World, problem, world_of

NOBODY = "0" * 40


@pytest.fixture(scope="module")
def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application over a small history of two boards."""
    with world_of(database_url, tmp_path_factory.mktemp("api")) as made:
        yield made


class TestBadInput:
    """What no program should send is refused, never a fault of ours."""

    @pytest.mark.parametrize(
        "name", ["q", "title", "city", "company", "cursor", "facets", "org_id", "posted_after"]
    )
    @pytest.mark.parametrize("value", ["%00", "%ED%A0%80", "a" * 5_000, "%F0%9F%8E%B8", "9" * 400, "-1", "%FF"])
    def test_strange_values_in_an_address(self, world: World, name: str, value: str) -> None:
        """Any bytes in any parameter are answered or refused."""
        assert world.client.get(f"{ROOT}/jobs/search?{name}={value}").status_code in {200, 400, 422}

    @pytest.mark.parametrize(
        "body",
        [
            b'{"city": ["\\ud800"]}',
            b'{"city": ["\\u0000"]}',
            b'{"salary_min": 1' + b"0" * 400 + b"}",
            b'{"limit": ' + b"9" * 5_000 + b"}",
            b'{"salary_min": NaN}',
            b'{"posted_after": "9999-12-31T23:59:59-12:00"}',
            b'{"posted_after": 5}',
            b'{"q": 5}',
            b'{"q": "\xff"}',
            b'{"city": "Berlin"}',
            b"[" * 100_000,
            b"[]",
            b"null",
            b'"q"',
            b"{",
            b"",
        ],
        ids=lambda body: body[:30].decode(errors="replace"),
    )
    def test_strange_bodies(self, world: World, body: bytes) -> None:
        """A body that cannot be read as a search is a problem document of 400 or 422."""
        answered = world.client.post(
            f"{ROOT}/jobs/search", content=body, headers={"Content-Type": "application/json"}
        )
        assert problem(answered)["status"] in {400, 422}

    def test_a_body_that_is_no_json_by_its_own_word(self, world: World) -> None:
        """Another content type is not guessed at."""
        assert problem(world.client.post(f"{ROOT}/jobs/search", content=b"{}"))["status"] == 422

    def test_a_large_body_is_too_large(self, world: World) -> None:
        """413, as a problem document."""
        assert problem(world.post({"q": "x" * 1_000_001}))["type"] == "/problems/too-large"

    @pytest.mark.parametrize("name", ["name", "provider", "board"])
    def test_nul_in_a_look_up(self, world: World, name: str) -> None:
        """PostgreSQL is never asked for a NUL character."""
        assert problem(world.client.get(f"{ROOT}/orgs/lookup?{name}=%00"))["status"] == 422


class TestConditions:
    """ETag and If-None-Match."""

    def test_what_has_not_changed_is_not_sent_again(self, world: World) -> None:
        """Every GET gives an ETag, and 304 without a body to whoever has it."""
        record = world.records[0]
        for path in (
            f"/jobs/{record['job_id']}",
            f"/jobs/{record['job_id']}/events",
            "/jobs/search?q=engineer",
            "/jobs/facets",
            f"/orgs/{record['org_id']}",
            "/orgs/lookup?name=half",
            f"/sources/{record['source_id']}",
            "/totals",
        ):
            first = world.get(path)
            again = world.get(path, If_None_Match=first.headers["ETag"])
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "no-cache"

    def test_another_answer_has_another_tag(self, world: World) -> None:
        """A tag of one answer does not hold for another."""
        tag = world.get("/jobs/search?limit=1").headers["ETag"]
        assert world.get("/jobs/search?limit=2", If_None_Match=tag).status_code == 200

    @pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"a,b" , W/{tag}', "*"])
    def test_every_form_of_the_condition_is_read(self, world: World, form: str) -> None:
        """Lists, weak tags and the star (RFC 9110, section 13.1.2)."""
        tag = world.get("/totals").headers["ETag"]
        assert world.get("/totals", If_None_Match=form.format(tag=tag)).status_code == 304

    def test_a_condition_that_names_nothing_is_no_condition(self, world: World) -> None:
        """A malformed header costs nobody the answer."""
        assert world.get("/totals", If_None_Match="nonsense").status_code == 200


class TestOtherSites:
    """Pages of other sites."""

    def test_a_page_of_another_site_may_not_read(self, world: World) -> None:
        """No CORS header invites it, neither on data nor on errors."""
        for path in ("/totals", f"/jobs/{NOBODY}"):
            answered = world.get(path, Origin="https://elsewhere.example")
            assert "access-control-allow-origin" not in answered.headers

    def test_a_form_of_another_site_is_refused(self, world: World) -> None:
        """Only JSON is a search; what any site's form can send is not."""
        answered = world.client.post(f"{ROOT}/jobs/search", data={"q": "engineer"})
        assert problem(answered)["status"] == 403
