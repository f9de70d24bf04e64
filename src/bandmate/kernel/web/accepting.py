"""What form an answer takes: a problem document for a program, a page for a person."""

from __future__ import annotations

import re

from starlette.requests import Request

from bandmate.kernel.languages.negotiation import quality_in

PROBLEM_TYPE = "application/problem+json"
_API_PATH = re.compile(r"^/[a-z-]+/v[1-9][0-9]*/")


def wants_document(request: Request) -> bool:
    """Tell whether this request is answered with a problem document rather than a page.

    On API paths always, except to htmx; elsewhere when ``Accept`` ranks JSON above HTML (RFC 9110, 12.5.1).
    """
    if request.headers.get("HX-Request") == "true":
        return False
    if _API_PATH.match(request.url.path):
        return True
    accept = request.headers.get("Accept", "*/*")
    return max(_rank(accept, "application/json"), _rank(accept, PROBLEM_TYPE)) > _rank(accept, "text/html")


def _rank(accept: str, media_type: str) -> tuple[float, int]:
    """Return (quality, precision) of a media type in an Accept header, by the most precise range that fits."""
    family = media_type.partition("/")[0] + "/*"
    precision = {media_type: 2, family: 1, "*/*": 0}
    best = (-1, 0.0)
    for entry in accept.split(","):
        range_, *parameters = (part.strip().lower() for part in entry.split(";"))
        if range_ in precision:
            best = max(best, (precision[range_], quality_in(parameters)))
    return (best[1], best[0]) if best[1] else (0.0, 0)
