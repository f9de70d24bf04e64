"""The skills and the occupation of a posting on its page: what, how surely, and which words say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.formats import number
from bandmate.postings.pages.slices import slice_address
from bandmate.postings.queries import JobDetail
from bandmate.postings.records import Record
from bandmate.postings.skills.reading import Where
from bandmate.taxonomy import concept_id

AROUND = 60
"""Characters of the sentence that are shown on each side of the words."""

SENIORITIES = {
    "intern": later("Internship or training"),
    "junior": later("Junior"),
    "senior": later("Senior"),
    "lead": later("Lead"),
    "principal": later("Principal"),
    "head": later("Head"),
}

_SURENESS = ((0.75, later("Very likely")), (0.5, later("Likely")), (0.0, later("Possibly")))
"""A score, which is how often such skills were right, in words."""


@dataclass(frozen=True, slots=True)
class ShownSkill:
    """A skill with the words that say so."""

    label: str
    href: str
    """The open postings that speak of it."""
    about: str
    """Its page in the vocabulary."""
    before: str
    quote: str
    """Empty where no single words say so."""
    after: str
    in_title: bool
    sureness: str
    score: str


@dataclass(frozen=True, slots=True)
class ShownOccupation:
    """The occupation behind a title."""

    label: str
    href: str
    """The open postings with titles that mean it."""
    about: str
    """Its page in the vocabulary."""


def occupation_of(record: Record) -> ShownOccupation | None:
    """Return the occupation that was read out of the title, if one was sure enough."""
    if record["occupation_uri"] is None:
        return None
    uri = record["occupation_uri"]
    return ShownOccupation(record["occupation_label"], slice_address(occupation=(uri,)), _about(uri))


def _about(uri: str) -> str:
    return f"/skills/{concept_id(uri)}"


def seniority_of(record: Record) -> str:
    """Return the grade in words; empty where the title says none."""
    return _(SENIORITIES[record["seniority"]]) if record["seniority"] in SENIORITIES else ""


def skills_of(detail: JobDetail) -> list[ShownSkill]:
    """Return the skills of a posting, the surest first; none while it was not read."""
    return [_shown(one, detail) for one in detail.evidence.get("skills", ())]


def _shown(skill: dict[str, Any], detail: JobDetail) -> ShownSkill:
    in_title = skill["where"] == Where.TITLE
    before, after = _around(detail.record["title"] if in_title else detail.description_text, skill)
    return ShownSkill(
        label=skill["label"],
        href=slice_address(skill=(skill["uri"],)),
        about=_about(skill["uri"]),
        before=before,
        quote=skill["quote"],
        after=after,
        in_title=in_title,
        sureness=next(_(words) for least, words in _SURENESS if skill["score"] >= least),
        score=_("{percent} %").format(percent=number(round(100 * skill["score"]))),
    )


def _around(text: str, skill: dict[str, Any]) -> tuple[str, str]:
    """Return what stands before and after the words on their line, cut at words."""
    start, end = skill["start"], skill["end"]
    # Between a change of the words and the next reading, they may stand elsewhere.
    if start is None or " ".join(text[start:end].split()) != skill["quote"]:
        return "", ""
    before = text[text.rfind("\n", 0, start) + 1 : start].removeprefix("- ")
    after = text[end:].partition("\n")[0]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:].partition(" ")[2]
    if len(after) > AROUND:
        after = after[:AROUND].rpartition(" ")[0] + "…"
    return before, after
