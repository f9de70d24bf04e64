"""What a skill was read from, and how the same words are known again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from bandmate.engines.skills import Linked, LinkedSkill
from bandmate.marketplace.profiles.domain import LONGEST_EVIDENCE

_BREAKS = ".!?\n;"


@dataclass(frozen=True, slots=True)
class Found:
    """A skill that was read from a person's own words."""

    uri: str
    label: str
    evidence: str
    score: float | None
    source: str
    """``headline``, ``about``, ``claim`` or ``resume``."""


def evidence_hash(evidence: str) -> bytes:
    """Return what the same words always give, whatever their case, spaces and marks at their ends."""
    folded = " ".join(evidence.casefold().split()).strip(_BREAKS + " ,:…")
    return hashlib.blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def found_in(linked: Linked, source: str) -> tuple[Found, ...]:
    """Return the skills of a text that was read, each with the sentence that speaks of it."""
    return tuple(
        Found(skill.uri, skill.label, sentence_around(linked.text, skill), skill.score, source)
        for skill in linked.skills
    )


def sentence_around(text: str, skill: LinkedSkill) -> str:
    """Return the sentence of a text that a span stands in, at most ``LONGEST_EVIDENCE`` characters of it.

    The sentence, not the span: what one declined must not come back because a comma moved elsewhere in the text,
    nor because another model marks other words of the same sentence.
    """
    start = max((text.rfind(mark, 0, skill.start) for mark in _BREAKS), default=-1) + 1
    ends = [place for mark in _BREAKS if (place := text.find(mark, skill.end)) >= 0]
    sentence = " ".join(text[start : min(ends, default=len(text))].split())
    return sentence if len(sentence) <= LONGEST_EVIDENCE else sentence[: LONGEST_EVIDENCE - 1] + "…"
