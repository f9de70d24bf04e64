"""One sentence carried over a redirect: "Done: Board added." with an undo where undo is possible.

It travels in a cookie that lives a minute and is shown once. A cookie can be forged, but only by the reader's own
browser; the text is escaped like any other and the undo is a form with a CSRF field to a path of ours.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

COOKIE = "notice"
_SECONDS = 60
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Notice:
    """What was done, and the path that a POST undoes it at, if it can be undone."""

    text: str
    undo: str | None = None


def leave_notice(response: Response, text: str, *, undo: str | None = None) -> None:
    """Have the next page say what was done.

    Args:
        response: The redirect (303) that follows a form.
        text: One sentence, e.g. ``The board lever:spotify was added.``
        undo: Path on this site to which the Undo button posts, or None where nothing can be undone.

    Raises:
        ValueError: when ``undo`` is not a path on this site.
    """
    if undo is not None and not _is_own_path(undo):
        raise ValueError(f"{undo!r} is not a path on this site")
    packed = base64.urlsafe_b64encode(json.dumps([text, undo]).encode()).decode()
    response.set_cookie(COOKIE, packed, max_age=_SECONDS, httponly=True, samesite="lax", path="/")


def notice_of(request: Request) -> Notice | None:
    """Return the notice that the last answer left, or None; anything unreadable counts as none."""
    packed = request.cookies.get(COOKIE, "")
    if not packed or len(packed) > _LONGEST:
        return None
    try:
        text, undo = json.loads(base64.b64decode(packed, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        return None
    if not isinstance(text, str) or not (undo is None or (isinstance(undo, str) and _is_own_path(undo))):
        return None
    return Notice(text, undo)


def clear_notice(response: Response) -> None:
    """Forget the notice: it has been shown."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


def _is_own_path(path: str) -> bool:
    """Tell whether a path stays here: two slashes, or a slash and a backslash, would lead to another host."""
    return path.startswith("/") and not path.startswith(("//", "/\\"))
