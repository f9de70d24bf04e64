"""Paths on this site that a sign-in may lead back to; anything else would let a link send people elsewhere."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.requests import Request

HOME = "/"
SIGN_IN = "/sign-in"
_LONGEST = 2_000


def local_path(text: str) -> str:
    r"""Return ``text`` when it is a path (with query) on this site, else the home page.

    Browsers read a backslash as a slash and drop tabs and line breaks (WHATWG URL, section 4.4), so that
    ``/\t/evil.example`` leaves the site; nothing with such a character passes.
    """
    leaves = not text.startswith("/") or text.startswith("//") or "\\" in text
    if leaves or len(text) > _LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        return HOME
    return text


def sign_in_path(request: Request) -> str:
    """Return the address of the sign-in page that leads back to where this request was made."""
    return f"{SIGN_IN}?next={quote(_way_back(request), safe='/')}"


def _way_back(request: Request) -> str:
    """Return the page itself, or for a form or fragment the page it stood on."""
    if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
        here = request.url.path
        return local_path(f"{quote(here)}?{request.url.query}" if request.url.query else quote(here))
    referrer = urlsplit(request.headers.get("Referer", ""))
    if referrer.netloc != request.url.netloc:
        return HOME
    return local_path(f"{referrer.path}?{referrer.query}" if referrer.query else referrer.path)
