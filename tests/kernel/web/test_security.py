"""The headers that protect readers, on every kind of answer."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bandmate.kernel.web.security import CONTENT_SECURITY_POLICY


def test_the_policy_allows_nothing_unsafe() -> None:
    """No directive allows inline code, eval or any host; what is not listed is denied."""
    directives = dict(part.strip().split(" ", 1) for part in CONTENT_SECURITY_POLICY.split(";"))
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert directives.pop("img-src") == "'self' data:"
    assert set(directives.values()) == {"'none'", "'self'"}
    assert directives["default-src"] == directives["base-uri"] == directives["frame-ancestors"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["form-action"] == "'self'"


@pytest.mark.parametrize(
    "path", ["/page", "/conflict", "/boom", "/nothing", "/stage/v1/boom", "/stage/v1/items", "/static/x/shell.js"]
)
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    """Pages, problem documents, files and even unexpected errors are protected."""
    headers = client.get(path).headers
    assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]


def test_pages_of_signed_in_people_are_not_stored(client: TestClient) -> None:
    """A shared computer keeps nothing of a person's pages."""
    assert client.get("/page", headers={"X-Person": "Ada"}).headers["Cache-Control"] == "no-store"
    assert "Cache-Control" not in client.get("/page").headers


def test_files_stay_cacheable_for_signed_in_people(client: TestClient) -> None:
    """What an answer says about its own caching is kept."""
    assert client.get("/static/x/shell.js", headers={"X-Person": "Ada"}).headers["Cache-Control"] == "no-cache"


def test_https_is_remembered_only_over_https(app: FastAPI) -> None:
    """HSTS is sent over https and, as RFC 6797 (7.2) demands, never over http."""
    assert "Strict-Transport-Security" not in TestClient(app).get("/page").headers
    secure = TestClient(app, base_url="https://testserver").get("/page").headers
    assert secure["Strict-Transport-Security"] == "max-age=31536000"
