"""Errors as answers: documents for programs, pages for people, notices for htmx."""

from __future__ import annotations

import logging
from operator import attrgetter

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.testclient import TestClient
from tests.kernel.web.conftest import PARTIAL

from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput, NotFound
from bandmate.kernel.web.accepting import wants_document
from bandmate.kernel.web.problem_kinds import _EXPLANATIONS, all_kinds, explain, kind_named, kind_of_status
from bandmate.kernel.web.problems import problem_responses

JSON = {"Accept": "application/json"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class TestDocuments:
    """What programs are told."""

    def test_an_error_is_a_problem_document(self, client: TestClient) -> None:
        """An API answers with the members of RFC 9457, the request's id, and the error's own members."""
        answer = client.get("/stage/v1/conflict")
        problem = answer.json()
        assert len(problem.pop("request_id")) >= 8
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, problem) == (
            409,
            {
                "type": "/problems/conflict",
                "title": Conflict.title,
                "status": 409,
                "detail": "The board is already followed.",
                "instance": "/stage/v1/conflict",
                "board": "lever:northlight",
            },
        )

    def test_wrong_values_are_named_one_by_one(self, client: TestClient) -> None:
        """Each value that cannot be used has a pointer and a message."""
        answer = client.get("/stage/v1/items", params={"limit": "many"})
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "/problems/invalid-input")
        assert [error["pointer"] for error in problem["errors"]] == ["/query/limit", "/query/mode"]
        assert all(error["message"] for error in problem["errors"])
        assert "query limit: Input should be a valid integer" in problem["detail"]

    def test_an_unexpected_error_tells_nothing_but_its_code(
        self, client: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The reader gets a code, the log gets the code and the cause."""
        with caplog.at_level(logging.ERROR):
            answer = client.get("/stage/v1/boom")
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (500, "/problems/internal")
        assert "secret" not in answer.text
        [record] = [record for record in caplog.records if problem["request_id"] in record.getMessage()]
        assert record.exc_info is not None
        assert "secret" in str(record.exc_info[1])

    def test_an_error_of_the_framework_is_of_our_kind(self, client: TestClient) -> None:
        """An unknown path is the kind not-found; a status we have no kind for is about:blank."""
        assert client.get("/stage/v1/nothing").json()["type"] == "/problems/not-found"
        tea = client.get("/stage/v1/teapot").json()
        assert (tea["type"], tea["title"], tea["status"]) == ("about:blank", "I'm a Teapot", 418)

    def test_a_wrong_method_says_which_are_right(self, client: TestClient) -> None:
        """The framework's headers are kept (RFC 9110, 15.5.6)."""
        answer = client.delete("/stage/v1/conflict")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")

    def test_an_answer_says_when_to_come_back(self, client: TestClient) -> None:
        """An error with retry_after sets Retry-After (RFC 9110, 10.2.3)."""
        assert client.get("/stage/v1/slow-down").headers["Retry-After"] == "30"

    def test_hostile_text_cannot_break_a_document(self, client: TestClient, app: FastAPI) -> None:
        """A lone surrogate quoted from a request is escaped."""

        @app.get("/stage/v1/odd")
        def odd() -> None:
            raise InvalidInput("not a name: \ud800", given={"\udfff"})

        assert client.get("/stage/v1/odd").json()["detail"] == "not a name: \ud800"

    def test_openapi_describes_problems(self, app: FastAPI) -> None:
        """A route that names its errors has their documents in OpenAPI, also in place of FastAPI's own 422."""

        @app.get("/stage/v1/described", responses=problem_responses(NotFound, InvalidInput))
        def described(limit: int) -> None:
            pass

        described_answers = app.openapi()["paths"]["/stage/v1/described"]["get"]["responses"]
        for status, title in ((404, NotFound.title), (422, InvalidInput.title)):
            answer = described_answers[str(status)]
            assert answer["description"] == title
            assert list(answer["content"]) == ["application/problem+json"]
            assert "$ref" not in str(answer)


class TestPages:
    """What people are shown."""

    def test_a_person_sees_a_page(self, client: TestClient) -> None:
        """A browser gets what happened, what was kept, what to do, and the code, in the shell."""
        answer = client.get("/conflict", headers=BROWSER)
        assert answer.status_code == 409
        for part in (
            "<h1>This clashes with what is already there</h1>",
            "The board is already followed.",
            "What was there before is unchanged.",
            "Look at the present state and decide again.",
            "Code for support",
            'href="/problems/conflict"',
        ):
            assert part in answer.text

    def test_an_unexpected_error_has_a_page_without_its_cause(self, client: TestClient) -> None:
        """A person sees that it is our fault, and no trace."""
        answer = client.get("/boom", headers=BROWSER)
        assert answer.status_code == 500
        assert "Something went wrong on our side" in answer.text
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text

    def test_a_failed_htmx_request_leaves_the_content_in_place(self, client: TestClient) -> None:
        """Htmx 4 swaps errors into the target; ours go above the content instead."""
        answer = client.get("/conflict", headers=PARTIAL)
        assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("#notices", "innerHTML")
        assert "The board is already followed." in answer.text
        assert "<html" not in answer.text

    def test_a_broken_shell_still_gives_the_code(self, app: FastAPI) -> None:
        """Where even the error page cannot be rendered, plain text with the code is answered."""
        app.user_middleware.clear()

        @app.get("/odd-person")
        def odd_person(request: Request) -> None:
            request.state.person = object()
            raise RuntimeError("secret")

        answer = TestClient(app, raise_server_exceptions=False).get("/odd-person")
        assert answer.status_code == 500
        assert "Code for support: " in answer.text
        assert "secret" not in answer.text
        assert answer.headers["Content-Security-Policy"]

    @pytest.mark.parametrize("kind", sorted(_EXPLANATIONS, key=attrgetter("slug")))
    def test_every_kind_has_a_page(self, client: TestClient, kind: type[BandmateError]) -> None:
        """The type of a problem document is the address of its explanation."""
        answer = client.get(f"/problems/{kind.slug}")
        assert answer.status_code == 200
        assert kind.title in answer.text

    def test_an_unknown_kind_is_not_found(self, client: TestClient) -> None:
        """There is no page for a kind that does not exist."""
        assert client.get("/problems/no-such-kind").status_code == 404


class TestKinds:
    """The tree of errors and its explanations."""

    def test_every_kind_of_the_kernel_is_explained(self) -> None:
        """Nobody adds an error to the tree without words for the person who meets it."""
        tree = {kind for kind in all_kinds() if kind.__module__ == BandmateError.__module__}
        assert tree == set(_EXPLANATIONS)

    def test_slugs_are_unique(self) -> None:
        """A problem type names one kind."""
        slugs = [kind.slug for kind in _EXPLANATIONS]
        assert len(slugs) == len(set(slugs))

    def test_a_kind_of_a_context_is_mended_as_its_base(self) -> None:
        """An error that a context defines means what its docstring says."""

        class BoardAlreadyFollowed(Conflict):
            """The board is followed already."""

            slug = "board-already-followed"

        assert kind_named("board-already-followed") is BoardAlreadyFollowed
        assert explain(BoardAlreadyFollowed).meaning == "The board is followed already."
        assert explain(BoardAlreadyFollowed).remedy == explain(Conflict).remedy

    def test_a_narrow_kind_is_never_guessed_from_a_status(self) -> None:
        """A bare 400 is not taken for a bad cursor."""
        assert kind_of_status(400) is None
        assert kind_of_status(404) is NotFound


@pytest.mark.parametrize(
    ("path", "accept", "document"),
    [
        ("/jobs", None, False),
        ("/jobs", "*/*", False),
        ("/jobs", BROWSER["Accept"], False),
        ("/jobs", "application/json", True),
        ("/jobs", "application/problem+json", True),
        ("/jobs", "application/json, */*", True),
        ("/jobs", "text/html;q=0.5, application/json", True),
        ("/jobs", "text/html, application/json;q=0.5", False),
        ("/jobs", "application/*, text/html;q=0.1", True),
        ("/jobs", "application/json;q=0", False),
        ("/jobs", "application/json;q=x, text/html", False),
        ("/job-postings/v1/jobs", BROWSER["Accept"], True),
        ("/companies/v2", BROWSER["Accept"], False),
        ("/job-postings/v0/jobs", "*/*", False),
    ],
)
def test_programs_get_documents_and_people_pages(path: str, accept: str | None, document: bool) -> None:
    """API paths always answer with documents, others by what Accept ranks higher (RFC 9110, 12.5.1)."""
    headers = [(b"accept", accept.encode())] if accept else []
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    assert wants_document(Request(scope)) is document
