"""Whatever stands in a form or a body, it is kept or refused with a reason; it is never a fault of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from tests.marketplace.test_who_reads_what import PERSONAS, WRITTEN, World, about, app, entered, example, world

from bandmate.kernel.database.session import Database

__all__ = ["app", "world"]

UNKEPT, TOO_MUCH = "a\0b\ud800", 10**30


@dataclass(frozen=True)
class Sent:
    """A request."""

    method: str
    path: str
    content: bytes
    kind: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.content[:200]!r}"


def _hostile(told: object) -> Iterator[object]:
    """Yield a body with one member after the other replaced by what no database keeps; names of members too."""
    if isinstance(told, str):
        yield UNKEPT
    elif isinstance(told, int) and not isinstance(told, bool):
        yield TOO_MUCH
    elif isinstance(told, dict):
        if not told:
            yield from ({"a\0b": 1}, {"a\ud800": 1}, {"a": TOO_MUCH})
        for name, part in told.items():
            yield from (told | {name: changed} for changed in _hostile(part))
    elif isinstance(told, list):
        for place, part in enumerate(told):
            yield from ([*told[:place], changed, *told[place + 1 :]] for changed in _hostile(part))


def _bodies(app: FastAPI, world: World) -> Iterator[Sent]:
    schema = app.openapi()
    for path, methods in schema["paths"].items():
        for method, told in methods.items() if path.startswith(WRITTEN) else ():
            body = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            where = about(path.replace("{act}", "withdraw"), world)
            for sent in _hostile(example(schema, body)) if body else ():
                yield Sent(method.upper(), where, json.dumps(sent).encode(), "application/json")


def _forms(app: FastAPI, world: World) -> Iterator[Sent]:
    for route in iter_route_contexts(app.routes):
        if "POST" in (route.methods or ()) and str(route.path).startswith(WRITTEN):
            where = about(str(route.path).replace("{act}", "withdraw"), world)
            for value in (b"a%00b%ED%A0%80", b"1e999", b"9" * 30):
                written = b"&".join(name.encode() + b"=" + value for name in _fields(route))
                yield Sent("POST", where, written, "application/x-www-form-urlencoded")


def _fields(route: Any) -> list[str]:
    """Return the fields of a form, and those that forms read by themselves have."""
    dependant = getattr(getattr(route, "original_route", route), "dependant", None)
    return [*(field.alias for field in getattr(dependant, "body_params", ())), *FIELDS]


FIELDS = (
    *("title", "summary", "kind", "format", "headline", "about", "hours_per_week", "words", "starts_on"),
    *("closes_at", "topics", "version", "q"),
)


@pytest.mark.parametrize("asked", [_bodies, _forms])
def test_what_no_database_keeps_is_refused(app: FastAPI, database: Database, world: World, asked: Any) -> None:
    """Null, half characters, numbers beyond all columns: wherever they stand, the answer is no fault of ours."""
    with entered(app, database, PERSONAS["ada"]) as client:
        sent = list(asked(app, world))
        assert [str(each) for each in sent if not _is_answered(client, each)] == []
    assert len(sent) > 80


def _is_answered(client: TestClient, sent: Sent) -> bool:
    headers = {"Content-Type": sent.kind, "If-Match": '"1"'}
    with suppress(Exception):  # whatever a route raises is what is looked for
        return bool(
            client.request(sent.method, sent.path, content=sent.content, headers=headers).status_code < 500
        )
    return False
