"""What an answer depends on, in one name: the model, what was fitted, the vocabulary."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from bandmate.engines.skills.embedding import Encoder
from bandmate.engines.skills.taxonomy import Taxonomy

_FITTED = ("fusion.json", "titles.json")


def version_of(encoder: Encoder | None, taxonomy: Taxonomy) -> str:
    """Return the name under which skills and occupations are read; what was read under another may differ."""
    model = encoder.version if encoder else "lexical"
    return f"{model}/{_fitted()}/{taxonomy.name}-{taxonomy.fingerprint}"


@cache
def _fitted() -> str:
    """Return a digest of the weights and calibrations that come with the program."""
    digest = hashlib.sha256()
    for name in _FITTED:
        digest.update((resources.files("bandmate.engines.skills") / "data" / name).read_bytes())
    return digest.hexdigest()[:8]
