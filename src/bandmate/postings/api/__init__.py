"""The HTTP API of postings, under ``/job-postings/v1``; described for people in docs/api.md.

Answers are an envelope ``{"data": …, "meta": …}``, errors are problem documents (RFC 9457). Records leave as
``records.record_of`` makes them: the models in ``schemas`` describe them in OpenAPI and are held against real
answers by tests, but no answer is validated while somebody waits for it.

There is no CORS: a page of another site cannot read this API in its reader's browser. An installation on one's own
machine would otherwise tell every web page which companies its owner follows.
"""

from __future__ import annotations

from bandmate.postings.api import reasons as reasons
from bandmate.postings.api.routes import router

__all__ = ["router"]
