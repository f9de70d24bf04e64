"""Static files under addresses that hold their content's hash, so that browsers keep them for good.

``/static/<hash>/<name>`` is answered from memory. A page from before an update may ask for an older hash: it
is given the present file, which the browser then does not keep.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

SHELL_STATIC = Path(__file__).parent / "static"
MOUNT = "/static"
_IMMUTABLE = "public, max-age=31536000, immutable"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file in memory."""

    body: bytes
    media_type: str
    digest: str
    """The first 16 hexadecimal digits of the content's SHA-256."""


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(body, guessed, hashlib.sha256(body).hexdigest()[:16])


class Assets:
    """The static files of the shell and of contexts, as an ASGI application to mount at ``/static``."""

    def __init__(self, folders: Mapping[str, Path] | None = None) -> None:
        """Read all files once.

        Args:
            folders: Further folders by name: ``{"music": path}`` makes ``path/player.js`` known as
                ``music/player.js``. The shell's own files have no prefix.
        """
        roots = {"": SHELL_STATIC, **(folders or {})}
        self._files = {
            f"{prefix}/{path.relative_to(root).as_posix()}".lstrip("/"): _read(path)
            for prefix, root in roots.items()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def url(self, name: str) -> str:
        """Return the address of a file by its name, e.g. ``shell.css``.

        Raises:
            LookupError: when there is no such file.
        """
        if name not in self._files:
            raise LookupError(
                f"There is no static file {name!r}; known are {', '.join(sorted(self._files)[:20])}."
            )
        return f"{MOUNT}/{self._files[name].digest}/{name}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request below the mount."""
        await self._answer(Request(scope, receive))(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("Static files can only be read.", 405, {"Allow": "GET, HEAD"})
        digest, _, name = request.url.path.removeprefix(f"{MOUNT}/").partition("/")
        asset = self._files.get(name)
        if asset is None:
            return PlainTextResponse("There is no such file.", 404)
        headers = {
            "ETag": f'"{asset.digest}"',
            "Cache-Control": _IMMUTABLE if digest == asset.digest else "no-cache",
        }
        if f'"{asset.digest}"' in request.headers.get("If-None-Match", ""):
            return Response(status_code=304, headers=headers)
        return Response(asset.body, headers=headers, media_type=asset.media_type)


def install_static(app: Starlette, assets: Assets) -> None:
    """Serve the assets under ``/static``."""
    app.mount(MOUNT, assets, name="static")
