"""The HTTP API of the vocabulary, under ``/taxonomy/v1``; described for people in docs/taxonomy.md."""

from __future__ import annotations

from bandmate.taxonomy.api.routes import router

__all__ = ["router"]
