"""The operators' page: what it says of troubles, running jobs again, errors counted without anybody's data."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.kernel.today.people import Somebody, somebody

from bandmate.app import create_app
from bandmate.kernel.clock import parse_rfc3339, system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Anyone, Role
from bandmate.kernel.operations.failures import place_of
from bandmate.kernel.operations.problem_log import problems, prune
from bandmate.kernel.tasks import TaskContext, TaskRegistry, run_due, tasks

TASK = "tests.operate.tune"


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The whole application, with a page that fails."""
    made = create_app(settings, database)

    @made.get("/broken/{name}", include_in_schema=False)
    def broken(asker: Anyone, name: str) -> None:
        raise RuntimeError(name)

    return made


@pytest.fixture
def olive(app: FastAPI, database: Database) -> Somebody:
    """An operator."""
    return somebody(app, database, Role.OPERATOR)


@pytest.fixture
def failed(database: Database, monkeypatch: pytest.MonkeyPatch) -> int:
    """The id of a job that gave up for good."""
    registry = TaskRegistry()

    @registry.register(name=TASK, attempts=1)
    def tune(context: TaskContext, piano: str) -> None:
        raise ValueError(piano)

    monkeypatch.setattr(tasks, "_tasks", {**tasks._tasks, **registry._tasks})
    with database.begin() as tx:
        job = registry.defer(tx, TASK, piano="Bechstein")
    run_due(database, registry=registry)
    assert job is not None
    return job


def jobs_of(database: Database) -> list[tuple[str, object]]:
    """Return status and arguments of every job of the task."""
    query = "select cast(status as text), args from procrastinate.procrastinate_jobs where task_name = :task"
    with database.read() as tx:
        return [(row[0], row[1]) for row in tx.execute(text(query), {"task": TASK})]


def level_of(olive: Somebody, name: str) -> str:
    """Return the level of one line."""
    lines = olive.client.get("/operations/v1/state").json()["data"]
    return next(str(line["level"]) for line in lines if line["name"] == name)


def test_every_line_can_be_looked_at(olive: Somebody) -> None:
    """On a fresh installation nothing raises, and the page shows what the API tells."""
    state = olive.client.get("/operations/v1/state").json()
    assert {line["name"] for line in state["data"]} >= {
        "boards", "runs", "index", "subscriptions", "queue", "messages", "webhooks", "errors", "database", "disk"
    }  # fmt: skip
    page = olive.get("/operator").text
    assert all(line["title"] in page for line in state["data"])
    assert not [line for line in state["data"] if "cannot be looked at" in line["sentence"]]


def test_failed_job_shows_where_and_not_what(olive: Somebody, failed: int) -> None:
    """The class of the error and its place are shown; its message, which may tell of persons, is not kept."""
    page = olive.get("/operator/tasks").text
    assert f"/operator/tasks/{failed}/again" in page
    assert "ValueError" in page
    assert level_of(olive, "queue") == "warn"


def test_running_again_replaces_the_job(olive: Somebody, failed: int, database: Database) -> None:
    """A new job with the same arguments waits; pressed twice, the second finds nothing; it is audited."""
    assert olive.post(f"/operator/tasks/{failed}/again").status_code == 303
    assert jobs_of(database) == [("todo", {"piano": "Bechstein"})]
    assert olive.post(f"/operator/tasks/{failed}/again").status_code == 404
    with database.read() as tx:
        query = "select subject from kernel.audit_entry where action = 'operations.job.ran_again'"
        assert tx.execute(text(query)).scalars().all() == [f"task:{TASK}"]


@pytest.mark.usefixtures("failed")
def test_discarding_all_of_a_task(olive: Somebody, database: Database) -> None:
    """They are gone."""
    assert olive.post("/operator/tasks/discard", task=TASK).status_code == 303
    assert jobs_of(database) == []


def test_stuck_subscription_is_told_and_tried(olive: Somebody, app: FastAPI, database: Database) -> None:
    """The line is bad, the page shows the error, and trying now clears the wait only."""
    name = app.state.subscriptions[0].name
    with database.begin() as tx:
        tx.execute(
            text(
                "insert into kernel.subscription (name, failures, last_error, retry_at)"
                " values (:n, 3, 'oh', now())"
            ),
            {"n": name},
        )
    assert level_of(olive, "subscriptions") == "bad"
    assert "failed 3 times in a row" in olive.get("/operator/subscriptions").text
    assert olive.post(f"/operator/subscriptions/{name}/try").status_code == 303
    with database.read() as tx:
        row = tx.execute(text("select failures, retry_at from kernel.subscription")).one()
    assert tuple(row) == (3, None)
    assert olive.post("/operator/subscriptions/nobody/try").status_code == 404


def test_errors_are_counted_without_data(app: FastAPI, database: Database, olive: Somebody) -> None:
    """One row a kind and route, with the last code; neither path nor message is kept; old ones are forgotten."""
    client = TestClient(app, raise_server_exceptions=False)
    for name in ("mia@example.org", "ben@example.org"):
        assert client.get(f"/broken/{name}", headers={"X-Request-ID": "code-2"}).status_code == 500
    client.get("/nothing/here")
    with database.read() as tx:
        found = problems(tx)
    assert [(each.kind, each.place, each.count, each.request_id) for each in found] == [
        ("RuntimeError", "GET /broken/{name}", 2, "code-2")
    ]
    assert "code-2" in olive.get("/operator").text
    with database.begin() as tx:
        tx.execute(text("update kernel.problem set last_at = last_at - interval '31 days'"))
        prune(tx, system_clock())
        assert problems(tx) == ()


def test_place_of_an_error_names_our_line() -> None:
    """The innermost line of ours, and never the message."""
    with pytest.raises(ValueError, match="secret") as caught:
        parse_rfc3339("secret")
    assert place_of(caught.value).startswith("ValueError in bandmate/kernel/clock.py, line ")
