"""A person's own profile and portfolio, to take along: JSON Resume, JSON with everything, CSV. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.csv_lines import csv_line
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.profiles.domain import Skill
from bandmate.marketplace.profiles.portfolio.domain import Claim, ClaimKind
from bandmate.marketplace.profiles.resume.reading import KIND_KEY, SKILLS_KEY
from bandmate.marketplace.profiles.visibility import VisibleProfile

SCHEMA = "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json"

_SECTIONS: Mapping[ClaimKind, tuple[str, str, str, str]] = {
    ClaimKind.EXPERIENCE: ("work", "position", "name", "summary"),
    ClaimKind.PROJECT: ("projects", "name", "entity", "description"),
    ClaimKind.MENTORING: ("volunteer", "position", "organization", "summary"),
    ClaimKind.EDUCATION: ("education", "area", "institution", "summary"),
    ClaimKind.LEARNING: ("education", "area", "institution", "summary"),
    ClaimKind.CERTIFICATE: ("certificates", "name", "issuer", "summary"),
    ClaimKind.RECOGNITION: ("awards", "title", "awarder", "summary"),
}
"""For each kind its section of the schema and the members for title, organisation and words there."""

_ONE_DATE = frozenset({"certificates", "awards"})


def json_resume(profile: VisibleProfile, name: str, email: str | None, now: datetime) -> dict[str, Any]:
    """Return a profile and its claims as JSON Resume 1.0.0; whoever is given it decides what they do with it."""
    basics = {"name": name, "label": profile.headline, "summary": profile.about} | (
        {"email": email} if email else {}
    )
    whole: dict[str, Any] = {
        "$schema": SCHEMA,
        "basics": {key: value for key, value in basics.items() if value},
        "skills": [{"name": each.label} | _level(each.level) for each in profile.skills],
        "interests": [{"name": each} for each in profile.interests],
        "meta": {"version": "v1.0.0", "lastModified": rfc3339(now)},
    }
    for claim in profile.claims:
        section = _SECTIONS[claim.kind][0]
        whole.setdefault(section, []).append(_entry(claim))
    return whole


def _entry(claim: Claim) -> dict[str, Any]:
    section, title, organisation, words = _SECTIONS[claim.kind]
    entry: dict[str, Any] = {title: claim.title, organisation: claim.organisation, words: claim.words}
    if section in _ONE_DATE:
        entry["date"] = claim.from_date.isoformat() if claim.from_date else ""
    else:
        entry["startDate"] = claim.from_date.isoformat() if claim.from_date else ""
        entry["endDate"] = claim.to_date.isoformat() if claim.to_date else ""
    kept = {key: value for key, value in entry.items() if value}
    return (
        kept | {KIND_KEY: claim.kind.value} | ({SKILLS_KEY: list(claim.skills.values())} if claim.skills else {})
    )


def _level(level: int | None) -> dict[str, str]:
    return {} if level is None else {"level": f"{level}/5"}


def everything(profile: VisibleProfile, names: Mapping[PersonId, str]) -> dict[str, Any]:
    """Return all of a person's own profile as JSON-ready data; claims with who confirmed them, and how."""
    return {
        "profile": profile_json(profile),
        "claims": [claim_json(each, names) for each in profile.claims],
    }


def profile_json(profile: VisibleProfile) -> dict[str, Any]:
    """Return a profile as somebody sees it, JSON-ready; what they may not see is null and not in ``visible``."""
    hours, target = profile.hours_per_week, profile.target
    values: dict[str, Any] = {
        "headline": profile.headline,
        "about": profile.about,
        "strengths": list(profile.strengths),
        "interests": list(profile.interests),
        "skills": [skill_json(each) for each in profile.skills],
        "wants": [skill_json(each) for each in profile.wants],
        "aims": profile.aims,
        "target": None
        if target is None
        else {
            "kind": target.kind.value,
            "label": target.label,
            "uri": target.uri,
            "opportunity_id": str(target.opportunity_id) if target.opportunity_id else None,
            "by": target.by.isoformat() if target.by else None,
        },
        "working_style": dict(profile.working_style),
        "availability": {
            "hours_per_week": None if hours is None else float(hours),
            "from": profile.available_from.isoformat() if profile.available_from else None,
        },
        "open_to": sorted(kind.value for kind in profile.open_to),
    }
    seen = {each.value for each in profile.fields}
    return {
        "person_id": str(profile.person_id),
        "relation": profile.relation.value,
        "visible": sorted(seen),
        **{name: value if name in seen else None for name, value in values.items()},
    }


def skill_json(skill: Skill) -> dict[str, Any]:
    """Return a skill, JSON-ready."""
    return {
        "uri": skill.uri,
        "label": skill.label,
        "level": skill.level,
        "confirmed_by": skill.confirmed,
    }


def claim_json(claim: Claim, names: Mapping[PersonId, str]) -> dict[str, Any]:
    """Return a claim with the confirmations that stand in it, JSON-ready."""
    return {
        "claim_id": str(claim.claim_id),
        "kind": claim.kind.value,
        "title": claim.title,
        "words": claim.words,
        "organisation": claim.organisation,
        "from_date": claim.from_date.isoformat() if claim.from_date else None,
        "to_date": claim.to_date.isoformat() if claim.to_date else None,
        "opportunity_id": str(claim.opportunity_id) if claim.opportunity_id else None,
        "skills": [{"uri": uri, "label": label} for uri, label in claim.skills.items()],
        "visibility": claim.visibility.value,
        "version": claim.version,
        "confirmations": [
            {
                "by": names.get(each.by_person, ""),
                "role": each.role.value,
                "state": each.state.value,
                "words": each.words,
                "asked_at": rfc3339(each.asked_at),
                "answered_at": rfc3339(each.answered_at) if each.answered_at else None,
            }
            for each in claim.confirmations
        ],
    }


def claims_csv(claims: Sequence[Claim], names: Mapping[PersonId, str]) -> str:
    """Return claims as CSV."""
    columns = [
        "kind",
        "title",
        "organisation",
        "from_date",
        "to_date",
        "words",
        "skills",
        "confirmed_by",
        "visibility",
    ]
    lines = [csv_line(columns)]
    for each in claims:
        confirmed = ", ".join(names.get(one.by_person, "") for one in each.confirmed)
        row = [
            each.kind.value,
            each.title,
            each.organisation,
            each.from_date.isoformat() if each.from_date else "",
            each.to_date.isoformat() if each.to_date else "",
            each.words,
            ", ".join(each.skills.values()),
            confirmed,
            each.visibility.value,
        ]
        lines.append(csv_line(row))
    return "".join(lines)
