"""What the API of profiles takes and gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.profiles.domain import (
    DEFAULTS,
    Profile,
    Skill,
    Target,
    TargetKind,
    Use,
    Visibility,
)
from bandmate.marketplace.profiles.domain import Field as ProfileField
from bandmate.marketplace.profiles.portfolio.domain import ClaimKind, Role


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TargetData(_Wanted):
    """Where somebody wants to be: an occupation of the vocabulary, an opportunity, or own words."""

    kind: TargetKind
    label: str = Field(max_length=200)
    uri: str | None = Field(default=None, max_length=300, description="Of the occupation.")
    opportunity_id: UUID | None = None
    by: date | None = None


class WantedProfile(_Wanted):
    """A whole profile as it should be; what is left out becomes empty, visibilities become the defaults."""

    headline: str = Field(default="", max_length=1_000)
    about: str = Field(default="", max_length=20_000)
    strengths: list[str] = Field(default=[], max_length=100)
    interests: list[str] = Field(default=[], max_length=100)
    aims: str = Field(default="", max_length=20_000)
    target: TargetData | None = None
    working_style: dict[Literal["pace", "structure", "contact", "feedback"], Literal[-1, 0, 1]] = {}
    hours_per_week: Decimal | None = Field(default=None, ge=0, le=60)
    available_from: date | None = None
    open_to: list[Kind] = Field(default=[], max_length=3)
    visibility: dict[ProfileField, Visibility] = Field(default={}, description="Who sees each field.")
    ai_ranking: bool = True

    def profile(self, before: Profile) -> Profile:
        """Return it as the profile of whom ``before`` is of."""
        target = self.target
        return replace(
            before,
            headline=self.headline,
            about=self.about,
            strengths=tuple(self.strengths),
            interests=tuple(self.interests),
            aims=self.aims,
            target=None
            if target is None
            else Target(target.kind, target.label, target.uri, target.opportunity_id, target.by),
            working_style={str(axis): int(value) for axis, value in self.working_style.items()},
            hours_per_week=self.hours_per_week,
            available_from=self.available_from,
            open_to=frozenset(self.open_to),
            visibility=dict(DEFAULTS) | self.visibility,
            ai_ranking=self.ai_ranking,
        )


class WantedSkill(_Wanted):
    """A skill in own words."""

    words: str = Field(min_length=1, max_length=200)
    use: Use = Use.HAS
    level: int | None = Field(default=None, ge=1, le=5)


class SkillKey(_Wanted):
    """A skill that is on the profile."""

    uri: str = Field(max_length=400)
    use: Use = Use.HAS


class ProposalDecision(_Wanted):
    """What becomes of proposed skills."""

    accept: list[str] = Field(default=[], max_length=200, description="URIs.")
    decline: list[str] = Field(default=[], max_length=200, description="URIs.")


class WantedClaim(_Wanted):
    """A piece of evidence as it should be."""

    kind: ClaimKind
    title: str = Field(max_length=1_000)
    words: str = Field(default="", max_length=20_000)
    organisation: str = Field(default="", max_length=1_000)
    from_date: date | None = None
    to_date: date | None = None
    skills: list[str] = Field(default=[], max_length=20, description="In own words.")
    visibility: Visibility = Visibility.ME


class WantedConfirmation(_Wanted):
    """Who is asked to confirm, and what they were in it."""

    confirmer: UUID
    role: Role = Role.COLLEAGUE


class Answer(_Wanted):
    """An answer to a question for confirmation."""

    confirms: bool
    words: str = Field(default="", max_length=5_000)
    version: int = Field(ge=1, description="Of the claim that was read.")


class Envelope(BaseModel):
    """An answer."""

    data: Any


def own_json(profile: Profile, proposals: tuple[Skill, ...]) -> dict[str, Any]:
    """Return what only the person gets beside the visible profile: settings and proposals."""
    return {
        "visibility": {each.value: profile.visibility[each].value for each in ProfileField},
        "ai_ranking": profile.ai_ranking,
        "version": profile.version,
        "proposals": [
            {
                "uri": each.uri,
                "label": each.label,
                "source": each.source,
                "evidence": each.evidence,
                "score": each.score,
            }
            for each in proposals
        ],
    }
