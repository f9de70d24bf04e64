"""The HTTP API: records as exported, filters that find what fits, pages without gaps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.postings.api_world import World, problem, world_of

from bandmate.kernel.web.pagination import encode_cursor
from bandmate.postings.job_query import FACETS
from bandmate.postings.reading_index import JobIndex
from bandmate.postings.records import RECORD_KEYS, Record

NOBODY = "0" * 40
CLOSED = "Sound Engineer 24"
RETITLED = "Principal Sound Engineer 3"


@pytest.fixture(scope="module")
def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application over a small history of two boards."""
    with world_of(database_url, tmp_path_factory.mktemp("api")) as made:
        yield made


def ids(records: Any) -> list[str]:
    """Return the job ids of records in their order."""
    return [record["job_id"] for record in records]


def walk(world: World, path: str, params: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Return all pages of a list."""
    pages, cursor = [], None
    while True:
        answer = world.get(path, params | ({"cursor": cursor} if cursor else {})).json()
        pages.append(answer["data"])
        cursor = answer["meta"]["next_cursor"]
        if cursor is None:
            return pages


class TestJob:
    """GET jobs/{job_id}."""

    def test_a_record_is_the_exported_one(self, world: World) -> None:
        """Keys, their order and values are those of the export."""
        for record in world.records:
            answered = world.data(f"/jobs/{record['job_id']}")
            assert json.dumps(answered) == json.dumps(record)
            assert tuple(answered) == RECORD_KEYS

    def test_a_closed_posting_stays(self, world: World) -> None:
        """A posting that is gone from its board still has its address."""
        answered = world.data(f"/jobs/{world.titled(CLOSED)['job_id']}")
        assert (answered["status"], answered["active"]) == ("deleted", False)

    def test_nothing_is_included_unasked(self, world: World) -> None:
        """Text and native payload come only on request."""
        assert set(world.data(f"/jobs/{world.records[0]['job_id']}")) == set(RECORD_KEYS)

    @pytest.mark.parametrize("asked", [{"include": "description,native"}, {"include": ["description", "native"]}])
    def test_included_parts_follow_the_record(self, world: World, asked: dict[str, Any]) -> None:
        """Parts are named by commas or by repetition, and stand behind the record."""
        job = world.data(f"/jobs/{world.titled(RETITLED)['job_id']}", asked)
        assert tuple(job) == (*RECORD_KEYS, "description_text", "description_html", "native")
        assert "Patient ears" in job["description_text"]
        assert "<li>" in job["description_html"]
        assert job["native"]["text"] == RETITLED

    def test_evidence_can_be_included(self, world: World) -> None:
        """What the text says comes with its quotes."""
        assert isinstance(
            world.data(f"/jobs/{world.records[0]['job_id']}", {"include": "evidence"})["evidence"], dict
        )

    def test_an_unknown_part_is_refused_by_name(self, world: World) -> None:
        """The message names the part that does not exist and those that do."""
        document = problem(world.get(f"/jobs/{world.records[0]['job_id']}", {"include": "descripton"}))
        assert document["status"] == 422
        assert "descripton" in document["detail"]
        assert "description" in document["detail"]

    def test_an_unknown_posting_is_not_found(self, world: World) -> None:
        """404 as a problem document."""
        assert problem(world.get(f"/jobs/{NOBODY}"))["type"] == "/problems/not-found"

    @pytest.mark.parametrize("job_id", ["1", "A" * 40, "0" * 39 + "%00", "é" * 40])
    def test_what_is_no_job_id_is_refused(self, world: World, job_id: str) -> None:
        """A text that cannot be a job id is told so, before anything is looked up."""
        assert problem(world.get(f"/jobs/{job_id}"))["status"] == 422


class TestEvents:
    """GET jobs/{job_id}/events."""

    def test_a_history_is_told_from_the_newest(self, world: World) -> None:
        """Each changed field is an event; the edit the board made everywhere is marked."""
        events = world.data(f"/jobs/{world.titled(RETITLED)['job_id']}/events")
        assert [(e["type"], e["field_name"], e["of_board"]) for e in events] == [
            ("updated", "description", True),
            ("updated", "title", False),
            ("created", None, False),
        ]
        assert (events[1]["old_value"], events[1]["new_value"]) == ("Sound Engineer 3", RETITLED)

    def test_a_closed_posting_has_two_events(self, world: World) -> None:
        """Created, then closed at the run that proved it."""
        events = world.data(f"/jobs/{world.titled(CLOSED)['job_id']}/events")
        assert [e["type"] for e in events] == ["closed", "created"]
        assert events[0]["observed_at"] == world.titled(CLOSED)["inactive_at"]

    def test_pages_make_up_the_whole(self, world: World) -> None:
        """Walking one by one gives every event once, and the total says how many."""
        path = f"/jobs/{world.titled(RETITLED)['job_id']}/events"
        assert [page[0] for page in walk(world, path, {"limit": 1})] == world.data(path)
        assert world.get(path, {"limit": 1}).json()["meta"]["total"] == 3

    def test_an_unknown_posting_has_no_history(self, world: World) -> None:
        """404, not an empty list."""
        assert problem(world.get(f"/jobs/{NOBODY}/events"))["status"] == 404

    @pytest.mark.parametrize(
        "position", [[], ["x", "y"], ["0001-01-01T00:00:00+14:00", str(UUID(int=0))], [1, None]]
    )
    def test_a_cursor_that_leads_nowhere_is_refused(self, world: World, position: list[Any]) -> None:
        """A cursor whose values make no sense is answered 400, whatever they are."""
        job_id = world.records[0]["job_id"]
        cursor = encode_cursor(f"history of {job_id}", position)
        assert (
            problem(world.get(f"/jobs/{job_id}/events", {"cursor": cursor}))["type"] == "/problems/invalid-cursor"
        )


Fits = Callable[[Record], bool]
FILTERS: dict[str, tuple[dict[str, Any], Fits]] = {
    "country, in small letters": ({"country": "se"}, lambda r: r["country_code"] == "SE"),
    "several countries": ({"country": ["SE", "DE"]}, lambda r: r["country_code"] in {"SE", "DE"}),
    "city": ({"city": "Malmö"}, lambda r: r["city"] == "Malmö"),
    "department": ({"department": "Touring"}, lambda r: r["department"] == "Touring"),
    "provider": ({"provider": "greenhouse"}, lambda r: r["provider"] == "greenhouse"),
    "work model": ({"work_model": "on_site"}, lambda r: r["work_model"] == "on_site"),
    "employment type": ({"employment_type": "internship"}, lambda r: r["employment_kind"] == "internship"),
    "title words": ({"title": "piano technician"}, lambda r: "Piano Technician" in r["title"]),
    "salary at least": ({"salary_min": 70_000}, lambda r: (r["salary_max"] or 0) >= 70_000),
    "salary at most": ({"salary_max": 45_000}, lambda r: (r["salary_min"] or 10**9) <= 45_000),
    "no salary": ({"salary_exists": "false"}, lambda r: r["salary_max"] is None),
    "posted after a day": (
        {"posted_after": "2026-01-05"},
        lambda r: (r["source_posted_at"] or r["first_seen_at"]) >= "2026-01-05",
    ),
    "changed before": (
        {"changed_before": "2026-03-03T00:00:00Z"},
        lambda r: r["last_changed_at"] <= "2026-03-03T00:00:00.000Z",
    ),
    "status": ({"status": "deleted"}, lambda r: r["status"] == "deleted"),
    "active": ({"active": "true"}, lambda r: bool(r["active"])),
    "not active": ({"active": "false"}, lambda r: not r["active"]),
    "together": (
        {"country": "DE", "department": "Engineering", "active": "true"},
        lambda r: (r["country_code"], r["department"], r["active"]) == ("DE", "Engineering", True),
    ),
    "an empty value, as none": ({"city": "", "q": " "}, lambda r: True),
}


class TestSearch:
    """GET and POST jobs/search."""

    @pytest.mark.parametrize("name", FILTERS)
    def test_filters_find_what_fits(self, world: World, name: str) -> None:
        """A filter finds exactly the exported records that fit it, and the total says how many."""
        params, fits = FILTERS[name]
        wanted = {record["job_id"]: record for record in world.records if fits(record)}
        answer = world.get("/jobs/search", params | {"limit": 100}).json()
        assert wanted
        assert {record["job_id"]: record for record in answer["data"]} == wanted
        assert answer["meta"] == {"limit": 100, "next_cursor": None, "total": len(wanted), "corrected": []}

    def test_ids_of_company_and_board_are_filters(self, world: World) -> None:
        """Postings of one company, or of one board."""
        record = next(r for r in world.records if r["provider"] == "greenhouse")
        for name in ("org_id", "board_id"):
            found = world.data("/jobs/search", {name: record[name], "limit": 100})
            assert {r["provider"] for r in found} == {"greenhouse"}
            assert len(found) == 5

    @pytest.mark.parametrize("params", [{}, {"q": "engineer"}, {"sort": "salary"}, {"sort": "changed"}])
    def test_pages_have_no_gap_and_no_double(self, world: World, params: dict[str, Any]) -> None:
        """Walking all pages meets every posting once, by filters and by words alike."""
        whole = world.get("/jobs/search", params | {"limit": 100}).json()
        walked = [record for page in walk(world, "/jobs/search", params | {"limit": 4}) for record in page]
        assert ids(walked) == ids(whole["data"])
        assert len(set(ids(walked))) == len(walked) == whole["meta"]["total"]

    def test_without_a_question_everything_is_found(self, world: World) -> None:
        """No status is left out unless asked for: the pages together are the export."""
        walked = [record for page in walk(world, "/jobs/search", {"limit": 7}) for record in page]
        assert sorted(walked, key=lambda r: str(r["job_id"])) == list(world.records)

    def test_words_with_a_typing_error_say_what_was_corrected(self, world: World) -> None:
        """The answer names the word that stands nowhere."""
        answer = world.get("/jobs/search", {"q": "acountant "}).json()
        assert answer["meta"]["corrected"] == ["acountant"]
        assert {r["title"].rsplit(" ", 1)[0] for r in answer["data"]} == {"Tour Accountant"}

    def test_facets_can_be_counted_along(self, world: World) -> None:
        """One request brings the page and the counts, the same that jobs/facets gives."""
        along = world.get("/jobs/search", {"q": "engineer", "facets": "country,city", "limit": 1}).json()["meta"]
        assert along["facets"] == world.data("/jobs/facets", {"q": "engineer", "fields": "country,city"})

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"q": "sound engineer", "country": ["DE", "SE"], "active": True},
            {"salary_min": 60000.5, "salary_exists": True, "sort": "salary", "limit": 3},
            {"posted_after": "2026-01-03", "status": ["active", "deleted"], "facets": ["city", "country"]},
            {"city": None, "title": "piano"},
        ],
    )
    def test_a_body_asks_the_same_as_an_address(self, world: World, body: dict[str, Any]) -> None:
        """The same names in JSON find the same; null says nothing."""
        written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in body.items()}
        by_get = world.get("/jobs/search", {name: value for name, value in written.items() if value is not None})
        by_post = world.post(body)
        assert by_post.status_code == 200
        assert by_post.content == by_get.content

    def test_a_cursor_of_an_address_goes_on_in_a_body(self, world: World) -> None:
        """Both ways of asking are one list."""
        first = world.get("/jobs/search", {"country": "DE", "limit": 2}).json()
        second = world.post({"country": ["DE"], "limit": 2, "cursor": first["meta"]["next_cursor"]}).json()
        whole = world.data("/jobs/search", {"country": "DE", "limit": 4})
        assert ids(first["data"] + second["data"]) == ids(whole)

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "9" * 30])
    def test_a_limit_is_1_to_100(self, world: World, limit: str) -> None:
        """422 with a pointer to the parameter."""
        document = problem(world.get("/jobs/search", {"limit": limit}))
        assert document["status"] == 422
        assert document["errors"][0]["pointer"] == "/query/limit"

    def test_active_and_status_contradict(self, world: World) -> None:
        """400, by address and by body."""
        by_get = problem(world.get("/jobs/search", {"active": "true", "status": "deleted"}))
        by_post = problem(world.post({"active": True, "status": ["deleted"]}))
        assert by_get["status"] == by_post["status"] == 400
        assert by_get["type"] == by_post["type"] == "/problems/contradictory-filters"

    def test_an_unknown_name_is_refused_by_name(self, world: World) -> None:
        """A misspelt parameter is never silently ignored."""
        assert problem(world.get("/jobs/search", {"contry": "SE"}))["errors"][0]["pointer"] == "/query/contry"
        assert problem(world.post({"contry": ["SE"]}))["errors"][0]["pointer"] == "/body/contry"

    def test_a_cursor_of_another_question_is_refused(self, world: World) -> None:
        """A cursor belongs to its query."""
        cursor = world.get("/jobs/search", {"limit": 1}).json()["meta"]["next_cursor"]
        document = problem(world.get("/jobs/search", {"country": "SE", "cursor": cursor}))
        assert document["type"] == "/problems/invalid-cursor"

    def test_without_an_index_words_are_unavailable(self, world: World, tmp_path: Path) -> None:
        """503 for words while filters are still answered."""
        index = world.app.state.job_index
        world.app.state.job_index = JobIndex(tmp_path / "none")
        try:
            document = problem(world.get("/jobs/search", {"q": "engineer"}))
            by_filters = world.get("/jobs/search", {"country": "SE"})
        finally:
            world.app.state.job_index = index
        assert (document["status"], document["type"]) == (503, "/problems/search-index-unusable")
        assert by_filters.status_code == 200


class TestFacets:
    """GET jobs/facets."""

    def test_counts_are_those_of_the_records(self, world: World) -> None:
        """Each value is counted as often as records hold it, the most frequent first."""
        fields = {"country": "country_code", "department": "department", "work_model": "work_model"}
        counted = world.data("/jobs/facets", {"fields": ",".join(fields)})
        assert list(counted) == list(fields)
        for name, key in fields.items():
            wanted = Counter(record[key] for record in world.records if record[key] is not None)
            assert {each["value"]: each["count"] for each in counted[name]} == wanted
            assert [each["count"] for each in counted[name]] == sorted(wanted.values(), reverse=True)

    def test_filters_apply(self, world: World) -> None:
        """Only postings that fit are counted."""
        counted = world.data("/jobs/facets", {"fields": "city", "country": "SE"})
        assert [each["value"] for each in counted["city"]] == ["Malmö"]

    def test_disjunctive_counts_look_past_their_own_filter(self, world: World) -> None:
        """For multiple choice, the other choices keep their counts."""
        asked = {"fields": "country", "country": "SE"}
        assert len(world.data("/jobs/facets", asked)["country"]) == 1
        assert len(world.data("/jobs/facets", asked | {"disjunctive": "true"})["country"]) > 1

    def test_size_bounds_the_values(self, world: World) -> None:
        """At most so many values of a field."""
        assert [len(values) for values in world.data("/jobs/facets", {"size": 1}).values()] == [1] * len(FACETS)

    def test_an_unknown_field_is_refused_by_name(self, world: World) -> None:
        """422 that lists what can be counted."""
        assert "colour" in problem(world.get("/jobs/facets", {"fields": "city,colour"}))["detail"]


class TestCompaniesAndSources:
    """GET orgs/…, sources/… and totals."""

    def test_a_company_in_figures(self, world: World) -> None:
        """Its sources, counts and breakdowns agree with the records."""
        record = world.titled(RETITLED)
        org = world.data(f"/orgs/{record['org_id']}")
        own = [r for r in world.records if r["org_id"] == record["org_id"]]
        assert org["sources"] == [{"source_id": record["source_id"], "provider": "lever", "board": "halfnote"}]
        assert (org["open_jobs"], org["known_jobs"]) == (sum(r["active"] for r in own), len(own))
        assert sum(each["jobs"] for each in org["by_department"]) == org["open_jobs"]
        assert len(org["by_week"]) == 12

    def test_companies_are_found_by_name_and_by_board(self, world: World) -> None:
        """Part of a name, or a board in any case, leads to the company."""
        record = world.titled(RETITLED)
        for params in ({"name": record["company"][:4].upper()}, {"provider": "Lever", "board": "HALFNOTE"}):
            assert [org["org_id"] for org in world.data("/orgs/lookup", params)] == [record["org_id"]]

    def test_a_look_up_is_paged(self, world: World) -> None:
        """The total is exact and the cursor leads through."""
        pages = walk(world, "/orgs/lookup", {"name": "a", "limit": 1})
        assert [len(page) for page in pages] == [1, 1]
        assert world.get("/orgs/lookup", {"name": "a", "limit": 1}).json()["meta"]["total"] == 2

    def test_a_look_up_needs_something_to_go_by(self, world: World) -> None:
        """422 that says what to give."""
        assert "name" in problem(world.get("/orgs/lookup"))["detail"]

    def test_a_source_says_what_its_last_run_proved(self, world: World) -> None:
        """The run's outcome, verdict and counts, and since when the board has been silent."""
        lever = world.data(f"/sources/{world.titled(RETITLED)['source_id']}")
        assert (lever["provider"], lever["board"], lever["runs"]) == ("lever", "halfnote", 3)
        assert (lever["last_run"]["verdict"], lever["last_run"]["closed"]) == ("complete", 2)
        other = next(r for r in world.records if r["provider"] == "greenhouse")
        assert world.data(f"/sources/{other['source_id']}")["last_run"]["verdict"] == "failed"

    @pytest.mark.parametrize("path", ["/orgs/{}", "/sources/{}"])
    def test_what_does_not_exist_is_not_found(self, world: World, path: str) -> None:
        """404 for an unknown id, 422 for what is none."""
        assert problem(world.get(path.format(UUID(int=7))))["status"] == 404
        assert problem(world.get(path.format("x")))["status"] == 422

    def test_totals(self, world: World) -> None:
        """What the installation holds."""
        totals = world.data("/totals")
        assert totals["known_jobs"] == len(world.records)
        assert totals["open_jobs"] == sum(record["active"] for record in world.records)
        assert totals["boards"] == 2
