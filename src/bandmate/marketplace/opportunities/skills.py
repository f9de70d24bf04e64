"""Skills of opportunities and wishes: from what somebody typed to concepts, and into the tables."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.marketplace.opportunities.domain import Opportunity, Part, Skill
from bandmate.taxonomy import VocabularyAbsent, concept_named, open_reader

OWN = "own:"
"""Begins the URI of words that no concept stands for."""
LONGEST_LABEL = 100
MOST_PROPOSED = 12

_SEPARATOR = re.compile(r"[,;\n]")

_CLEAR = text("delete from marketplace.opportunity_skill where opportunity_id = :id")
_WRITE = text("""
    insert into marketplace.opportunity_skill (opportunity_id, skill_uri, label, part, weight)
    select :id, uri, label, part, weight
      from unnest(cast(:uris as text[]), cast(:labels as text[]), cast(:parts as text[]), cast(:weights as real[]))
           as t(uri, label, part, weight)
    on conflict do nothing
""")
_REFRESH = text("""
    update marketplace.opportunity o set skill_words = w.words
      from (select o.opportunity_id, coalesce(string_agg(distinct s.label, ', '), '') as words
              from marketplace.opportunity o left join marketplace.opportunity_skill s using (opportunity_id)
             where o.opportunity_id = any(:ids) group by o.opportunity_id) as w
     where o.opportunity_id = w.opportunity_id and o.skill_words <> w.words
""")
_HELD = text("""
    select skill_uri, use from marketplace.profile_skill
     where person_id = :person and state = 'accepted' and skill_uri = any(:uris)
""")


@dataclass(frozen=True, slots=True)
class Fit:
    """How the skills of an opportunity stand to those on somebody's own profile; plain comparison of sets."""

    has: tuple[str, ...]
    """Labels of wanted skills that they have."""
    missing: tuple[str, ...]
    """Labels of wanted skills that they have not."""
    learns: tuple[str, ...]
    """Labels of skills that they want to learn and could learn there."""


def own_uri(words: str) -> str:
    """Return the URI of words without a concept: ``own:`` and the words, case folded and spaced once."""
    return OWN + " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def labels_in(written: str) -> tuple[str, ...]:
    """Return what stands between commas, semicolons or lines, each once, in its order."""
    cleaned = (
        " ".join("".join(c if c.isprintable() else " " for c in part).split())
        for part in _SEPARATOR.split(written)
    )
    return tuple(dict.fromkeys(part[:LONGEST_LABEL] for part in cleaned if part))


def linked(settings: Settings, labels: Iterable[str], part: Part) -> tuple[Skill, ...]:
    """Return the skills that labels name: the concept that is called so, else the words themselves."""
    skills: dict[str, Skill] = {}
    for label in labels:
        skill = _named(settings, label, part)
        skills.setdefault(skill.uri, skill)
    return tuple(skills.values())


def _named(settings: Settings, label: str, part: Part) -> Skill:
    try:
        concept = concept_named(settings, label, "skill")
    except VocabularyAbsent:
        concept = None
    if concept is None:
        return Skill(own_uri(label), label, part)
    return Skill(concept.uri, concept.label, part)


def proposed(settings: Settings, written: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return labels of skills that a text speaks of and that are not known yet, the likeliest first.

    They are proposals: a person takes them over one by one. The first reading of a process takes long.
    """
    if not written.strip():
        return ()
    try:
        found = open_reader(settings).skills(written).skills
    except VocabularyAbsent:
        return ()
    have = {label.casefold() for label in known}
    return tuple(skill.label for skill in found if skill.label.casefold() not in have)[:MOST_PROPOSED]


def write_skills(tx: Tx, opportunity_id: UUID, skills: Sequence[Skill]) -> None:
    """Put these skills in the place of those an opportunity had, and its words in step with them."""
    tx.execute(_CLEAR, {"id": opportunity_id})
    if skills:
        tx.execute(
            _WRITE,
            {
                "id": opportunity_id,
                "uris": [skill.uri for skill in skills],
                "labels": [skill.label for skill in skills],
                "parts": [skill.part.value for skill in skills],
                "weights": [skill.weight for skill in skills],
            },
        )
    refresh_words(tx, [opportunity_id])


def refresh_words(tx: Tx, ids: Sequence[UUID]) -> None:
    """Have opportunities found by their skills' labels, after ``opportunity_skill`` was written otherwise."""
    tx.execute(_REFRESH, {"ids": list(ids)})


def fits(tx: Tx, person_id: Any, opportunities: Sequence[Opportunity]) -> dict[UUID, Fit]:
    """Return how opportunities stand to the skills on the person's own profile, in one query."""
    uris = {skill.uri for each in opportunities for skill in each.skills}
    rows = tx.execute(_HELD, {"person": person_id, "uris": list(uris)}).all() if uris else ()
    has = {row.skill_uri for row in rows if row.use == "has"}
    wants = {row.skill_uri for row in rows if row.use == "wants"}
    return {each.opportunity_id: _fit(each, has, wants) for each in opportunities}


def _fit(opportunity: Opportunity, has: set[str], wants: set[str]) -> Fit:
    wanted = opportunity.of(Part.WANTED)
    # A mentor's topics are what one learns there.
    learn = opportunity.skills if opportunity.kind.value == "mentoring" else opportunity.of(Part.LEARN)
    return Fit(
        has=tuple(skill.label for skill in wanted if skill.uri in has),
        missing=tuple(skill.label for skill in wanted if skill.uri not in has),
        learns=tuple(skill.label for skill in learn if skill.uri in wants),
    )
