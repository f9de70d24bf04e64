"""Health for whoever runs the process: ``/healthz`` (is it alive) and ``/readyz`` (can it serve)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.database.migrating import present_revision, wanted_revision
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Anyone
from bandmate.kernel.web.dependencies import database_of

PATIENCE = "2s"
"""How long the database may take for one check."""

log = structlog.get_logger(__name__)

_wanted_revision = cache(wanted_revision)  # a fact of the build, read from files


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold before requests make sense."""

    ok: bool
    detail: str
    """A sentence; public, so without addresses and names."""
    ms: float


def readiness(database: Database) -> dict[str, Check]:
    """Check what serving needs, by name of the check: the database answers, its schema is the program's."""
    return {"database": _timed(_database_answers, database), "schema": _timed(_schema_is_current, database)}


def _timed(check: Callable[[Database], tuple[bool, str]], database: Database) -> Check:
    start = time.perf_counter()
    try:
        ok, detail = check(database)
    except SQLAlchemyError as error:
        log.warning("not_ready", error=str(error))
        ok, detail = False, "The database does not answer."
    return Check(ok, detail, round(1000 * (time.perf_counter() - start), 1))


def _database_answers(database: Database) -> tuple[bool, str]:
    with database.read() as tx:
        tx.execute(text(f"set local statement_timeout = '{PATIENCE}'"))
        tx.execute(text("select 1"))
    return True, "The database answers."


def _schema_is_current(database: Database) -> tuple[bool, str]:
    with database.read() as tx:
        tx.execute(text(f"set local statement_timeout = '{PATIENCE}'"))
        present = present_revision(tx)
    if present == _wanted_revision():
        return True, f"The schema is {present}."
    return (
        False,
        f"The schema is {present or 'missing'}, the program needs {_wanted_revision()}: run `bandmate migrate`.",
    )


def health_router() -> APIRouter:
    """Return the routes ``GET /healthz`` and ``GET /readyz``; both are public and name no addresses."""
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz(asker: Anyone) -> JSONResponse:  # noqa: ARG001 - says who may call
        """Say that the process answers; it asks nobody else."""
        return _uncached(200, {"status": "ok"})

    @router.get("/readyz")
    def readyz(asker: Anyone, request: Request) -> JSONResponse:  # noqa: ARG001 - says who may call
        """Say whether requests can be served, check by check; 503 when not."""
        checks = readiness(database_of(request))
        ready = all(check.ok for check in checks.values())
        return _uncached(
            200 if ready else 503,
            {
                "status": "ready" if ready else "not ready",
                "checks": {
                    name: {"ok": check.ok, "detail": check.detail, "ms": check.ms}
                    for name, check in checks.items()
                },
            },
        )

    return router


def _uncached(status: int, body: dict[str, object]) -> JSONResponse:
    return JSONResponse(body, status, headers={"Cache-Control": "no-store"})
