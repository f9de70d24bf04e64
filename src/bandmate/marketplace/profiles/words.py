"""How profiles and portfolios are spoken of on pages."""

from __future__ import annotations

from collections.abc import Mapping

from bandmate.kernel.languages import later
from bandmate.marketplace.profiles.domain import Field, Relation, Visibility
from bandmate.marketplace.profiles.portfolio.domain import ClaimKind, Role
from bandmate.marketplace.profiles.writing import Section

VISIBILITIES: Mapping[Visibility, str] = {
    Visibility.ME: later("Only me"),
    Visibility.TEAM: later("My team"),
    Visibility.COMPANY: later("Everyone here"),
}
TEAM_MEANS = later(
    "My team is: my manager and those above, who else reports to my manager, and who reports to me."
)

FIELDS: Mapping[Field, str] = {
    Field.HEADLINE: later("Headline"),
    Field.ABOUT: later("About me"),
    Field.STRENGTHS: later("What makes me unique"),
    Field.INTERESTS: later("Interests"),
    Field.SKILLS: later("Skills I have"),
    Field.WANTS: later("Skills I want to learn"),
    Field.AIMS: later("How I want to grow"),
    Field.TARGET: later("My option A"),
    Field.WORKING_STYLE: later("How I work best"),
    Field.AVAILABILITY: later("Time I can give"),
    Field.OPEN_TO: later("What I am open to"),
}

SECTIONS: Mapping[Section, tuple[str, str]] = {
    Section.ABOUT: (later("About me"), later("A line and a few sentences: what you do and care about.")),
    Section.STRENGTHS: (
        later("What makes me unique"),
        later("What people come to you for, and what you like. Yours alone: no test, no score."),
    ),
    Section.AIMS: (
        later("Where I want to go"),
        later("Your aims and your option A. Only you see this, unless you choose otherwise."),
    ),
    Section.STYLE: (
        later("How I work best"),
        later("There is no better end. It helps to find people you work well with."),
    ),
    Section.AVAILABILITY: (
        later("Time, and what I am open to"),
        later("So that only what fits into your week is suggested to you."),
    ),
    Section.SHOWN: (later("Who sees my skills"), later("Proposals are never shown to anybody but you.")),
    Section.RANKING: (
        later("Ranking by the machine"),
        later("You can find everything by search and filters, with or without it."),
    ),
}

LEVELS: Mapping[int, str] = {
    1: later("just started"),
    2: later("with some help"),
    3: later("on my own"),
    4: later("others ask me"),
    5: later("others learn it from me"),
}

STYLE_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "pace": (
        later("Pace"),
        later("Steady, one thing at a time"),
        later("In between"),
        later("Fast, many things at once"),
    ),
    "structure": (
        later("Structure"),
        later("A clear plan first"),
        later("In between"),
        later("Find the way while going"),
    ),
    "contact": (later("Contact"), later("Mostly on my own"), later("In between"), later("Mostly together")),
    "feedback": (
        later("Feedback"),
        later("Gently and in private"),
        later("In between"),
        later("Straight and at once"),
    ),
}
"""Name of each axis, then the words for -1, 0 and 1."""


CLAIM_KINDS: Mapping[ClaimKind, str] = {
    ClaimKind.PROJECT: later("Project"),
    ClaimKind.MENTORING: later("Mentoring"),
    ClaimKind.LEARNING: later("Learning"),
    ClaimKind.EXPERIENCE: later("Experience"),
    ClaimKind.EDUCATION: later("Education"),
    ClaimKind.CERTIFICATE: later("Certificate"),
    ClaimKind.RECOGNITION: later("Recognition"),
}

CLAIM_ICONS: Mapping[ClaimKind, str] = {
    ClaimKind.PROJECT: "layers",
    ClaimKind.MENTORING: "handshake",
    ClaimKind.LEARNING: "book-open",
    ClaimKind.EXPERIENCE: "briefcase",
    ClaimKind.EDUCATION: "graduation-cap",
    ClaimKind.CERTIFICATE: "shield-check",
    ClaimKind.RECOGNITION: "heart",
}

ROLES: Mapping[Role, str] = {
    Role.COLLEAGUE: later("Colleague"),
    Role.MANAGER: later("Manager"),
    Role.HOST: later("Host of the project"),
    Role.MENTOR: later("Mentor"),
    Role.MENTEE: later("Mentee"),
}

SOURCES: Mapping[str, str] = {
    "headline": later("your headline"),
    "about": later("what you wrote about yourself"),
    "claim": later("your portfolio"),
    "resume": later("your résumé"),
}

RELATIONS: Mapping[Relation, str] = {
    Relation.SELF: later("This is you."),
    Relation.MANAGER: later("Reports to you."),
    Relation.UPPER_MANAGER: later("Works in your area."),
    Relation.TEAM: later("Has the same manager as you."),
    Relation.REPORT: later("Your manager."),
    Relation.OTHER: "",
    Relation.STRANGER: "",
}

MISSING: Mapping[Field, tuple[str, str]] = {
    Field.SKILLS: (later("Name three skills you like to use"), "/me/profile#skills"),
    Field.STRENGTHS: (later("Say what people come to you for"), "/me/profile/strengths"),
    Field.HEADLINE: (later("Write a line about yourself"), "/me/profile/about"),
    Field.WANTS: (later("Name a skill you want to learn"), "/me/profile#skills"),
    Field.TARGET: (later("Choose your option A"), "/me/profile/aims"),
    Field.AVAILABILITY: (later("Say how many hours you can give"), "/me/profile/availability"),
    Field.INTERESTS: (later("Add an interest"), "/me/profile/strengths"),
    Field.WORKING_STYLE: (later("Say how you work best"), "/me/profile/style"),
}
"""What the hint says first, and where it leads."""
