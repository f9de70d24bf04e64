"""The API against its own OpenAPI document: whatever is sent, no fault of ours and every answer as described."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished
from tests.postings.api_world import ROOT, World, world_of

CONFIG = {
    "seed": 20261121,
    "generation": {"max-examples": 30, "deterministic": True, "mode": "all", "no-shrink": True},
    "checks": {
        # A cursor of another query, two filters that contradict each other: valid by the schema, and refused.
        "positive_data_acceptance": {"enabled": False},
        # Where GET and POST share a path, the framework's answer to other methods names only the first of them.
        "allow_header_conformance": {"enabled": False},
    },
}


FEWEST = 30
"""Requests that each route must have seen for the test to mean anything."""


@pytest.fixture(scope="module")
def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application over a small history of two boards."""
    with world_of(database_url, tmp_path_factory.mktemp("fuzz")) as made:
        yield made


def run(world: World) -> Iterator[EngineEvent]:
    """Let schemathesis try everything it derives from the document: examples, limits, random values, sequences."""
    config = schemathesis.Config.from_dict(CONFIG)
    described = schemathesis.openapi.from_asgi("/openapi.json", world.app, config=config)
    yield from engine.from_schema(described.include(path_regex=f"^{ROOT}/")).execute()


def failures_in(finished: ScenarioFinished) -> Iterator[str]:
    """Tell what went wrong, each with a command that shows it again."""
    for case_id, checks in finished.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                command = finished.recorder.cases[case_id].value.as_curl_command()
                yield f"{check.name}: {command}\n{check.failure_info.failure}"


def test_whatever_is_asked_is_answered_as_described(world: World) -> None:
    """Valid and invalid requests to every route: no 5xx; statuses, headers, types and shapes as documented."""
    failures: list[str] = []
    tried = Counter[str]()
    for event in run(world):
        assert not isinstance(event, FatalError | NonFatalError), str(event)
        if isinstance(event, ScenarioFinished):
            tried[event.recorder.label] += len(event.recorder.cases)
            failures += failures_in(event)
    routes = [
        f"{method.upper()} {path}"
        for path, item in world.app.openapi()["paths"].items()
        if path.startswith(ROOT)
        for method in item
    ]
    assert [route for route in routes if tried[route] < FEWEST] == []
    assert not failures, f"{len(failures)} failures\n" + "\n\n".join(failures[:20])
