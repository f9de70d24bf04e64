"""A small OpenID provider on loopback with real keys; each part of it can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

CLIENT, SECRET = "bandmate", "s3cret with & and %"

Claims = dict[str, Any]


@dataclass
class OpenidProvider:
    """What a provider is; tests change its parts between requests."""

    issuer: str
    now: Callable[[], float]
    keys: list[RSAKey] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})])
    person: Claims = field(
        default_factory=lambda: {
            "sub": "abc-1",
            "email": "mia@example.org",
            "email_verified": True,
            "name": "Mia Kern",
        }
    )
    """Claims of who signs in there."""
    forge: Callable[[Claims], str | None] = lambda _: None
    """Given the right claims, return another ID token; None for the right one."""
    metadata: Claims = field(default_factory=dict)
    """What the discovery document says otherwise."""
    answers: dict[str, Callable[[], Response]] = field(default_factory=dict)
    """Answers to give at a path instead of the right ones."""
    asked: list[str] = field(default_factory=list)
    """The paths that were asked for."""
    userinfo: Claims | None = None
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str, **answer: str) -> str:
        """Be the person who signs in there: return where their browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], **answer}
        return asked["redirect_uri"] + "?" + urlencode({k: v for k, v in back.items() if v})

    def sign(self, claims: Claims, **header: str) -> str:
        """Sign claims with the newest key."""
        key = self.keys[-1]
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, claims, key, algorithms=["RS256", "PS256"])

    def hmac_with_public_key(self, claims: Claims) -> str:
        """Sign by HS256 with the public key as the secret (RFC 8725, section 2.1)."""
        public = self.keys[-1].as_pem(private=False)
        head = {"alg": "HS256", "kid": self.keys[-1].kid}
        return jwt.encode(head, claims, OctKey.import_key(public), algorithms=["HS256"])

    def unsigned(self, claims: Claims) -> str:
        """Write claims with ``alg: none``."""
        parts = [json.dumps(part).encode() for part in ({"alg": "none", "kid": self.keys[-1].kid}, claims)]
        return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."

    def routes(self) -> list[Route]:
        """Return its routes."""
        return [
            Route("/.well-known/openid-configuration", self._answering(self._discovery)),
            Route("/keys", self._answering(self._keys)),
            Route("/token", self._answering(self._token), methods=["POST"]),
            Route("/userinfo", self._answering(self._userinfo)),
        ]

    def _answering(self, right: Callable[[Request, dict[str, str]], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            self.asked.append(request.url.path)
            other = self.answers.get(request.url.path)
            fields = {name: str(value) for name, value in (await request.form()).items()}
            return right(request, fields) if other is None else other()

        return answer

    def _discovery(self, _: Request, __: dict[str, str]) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        return JSONResponse({**document, **self.metadata})

    def _keys(self, _: Request, __: dict[str, str]) -> Response:
        return JSONResponse(KeySet(list(self.keys)).as_dict(private=False))

    def _token(self, request: Request, sent: dict[str, str]) -> Response:
        asked = self._codes.pop(sent.get("code", ""), None)  # a code works once
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        expected = base64.b64encode(b"bandmate:s3cret+with+%26+and+%25").decode()
        if request.headers.get("Authorization") != f"Basic {expected}":
            return JSONResponse({"error": "invalid_client"}, 401)
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != sent["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(self.now())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= self.person
        token = self.forge(claims) or self.sign(claims)
        return JSONResponse({"access_token": "access-1", "token_type": "Bearer", "id_token": token})

    def _userinfo(self, request: Request, _: dict[str, str]) -> Response:
        assert request.headers["Authorization"] == "Bearer access-1"
        return JSONResponse(self.userinfo or {})


def huge() -> Response:
    """Answer with more than anybody wants to read."""

    def pieces() -> Iterator[bytes]:
        for _ in range(2_000):
            yield b" " * 1_000

    return StreamingResponse(pieces(), media_type="application/json")


def slow(seconds: float) -> Callable[[], Response]:
    """Answer by a drip that is never over in time."""

    def pieces() -> Iterator[bytes]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield b" "
            time.sleep(0.05)

    return lambda: StreamingResponse(pieces(), media_type="application/json")


@contextmanager
def running(now: Callable[[], float]) -> Iterator[OpenidProvider]:
    """Serve a provider on a free port of loopback."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    provider = OpenidProvider(f"http://127.0.0.1:{listener.getsockname()[1]}", now)
    app = Starlette(routes=provider.routes())
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(5)
        listener.close()


__all__ = ["CLIENT", "SECRET", "Claims", "OpenidProvider", "huge", "running", "slow"]
