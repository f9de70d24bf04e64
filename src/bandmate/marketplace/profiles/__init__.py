"""Profiles: what people say about themselves, who may see it, and the portfolio of what they did."""

from bandmate.marketplace.profiles import cards as _cards  # noqa: F401 - declares what Today shows
from bandmate.marketplace.profiles import holding as _holding  # noqa: F401 - declares what is held of persons
from bandmate.marketplace.profiles import tables as _tables  # noqa: F401 - known to the metadata with the room
from bandmate.marketplace.profiles import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.profiles.domain import (
    Field,
    Profile,
    Relation,
    Skill,
    Target,
    TargetKind,
    Use,
    Visibility,
)
from bandmate.marketplace.profiles.naming import Named, name_skill, name_skills
from bandmate.marketplace.profiles.portfolio.claims import add_claim, claim_id_for
from bandmate.marketplace.profiles.portfolio.confirmations import ask as ask_confirmation
from bandmate.marketplace.profiles.portfolio.domain import Claim, ClaimKind, ClaimText
from bandmate.marketplace.profiles.portfolio.domain import Role as ConfirmerRole
from bandmate.marketplace.profiles.queries import own_profile, own_skills, relations
from bandmate.marketplace.profiles.visibility import VisibleProfile, visible_profile, visible_profiles
from bandmate.marketplace.profiles.writing import set_ai_ranking

__all__ = [
    "Claim",
    "ClaimKind",
    "ClaimText",
    "ConfirmerRole",
    "Field",
    "Named",
    "Profile",
    "Relation",
    "Skill",
    "Target",
    "TargetKind",
    "Use",
    "Visibility",
    "VisibleProfile",
    "add_claim",
    "ask_confirmation",
    "claim_id_for",
    "name_skill",
    "name_skills",
    "own_profile",
    "own_skills",
    "relations",
    "set_ai_ranking",
    "visible_profile",
    "visible_profiles",
]
