"""The sentences of the trail: rooms declare what they note, so that a person reads words and not dotted names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bandmate.kernel.audit.holding import ERASED
from bandmate.kernel.languages import gettext as _


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is noted."""

    name: str
    """As it is noted: ``identity.role.given``."""
    sentence: Callable[[], str]
    """The sentence in the reader's language. ``{by}``, ``{subject}`` and the names of details stand for what the
    entry holds: ``lambda: _("{by} gave {subject} the role {role}")``."""


class _Known(dict[str, str]):
    """What a sentence can name; a detail that was erased or never noted reads as an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "…"


_declared: dict[str, Action] = {}


def declare_action(name: str, sentence: Callable[[], str]) -> Action:
    """Make an action readable. Declared once, where its room is imported.

    Raises:
        ValueError: when the name is taken.
    """
    if name in _declared:
        raise ValueError(f"two audited actions are declared under the name {name}")
    return _declared.setdefault(name, Action(name, sentence))


def declared_actions() -> tuple[Action, ...]:
    """Return every declared action by name."""
    return tuple(sorted(_declared.values(), key=lambda action: action.name))


def sentence_of(action: str, *, by: str, subject: str, details: Mapping[str, str]) -> str | None:
    """Return what happened as a sentence, or None where nobody declared the action: it is then shown raw."""
    declared = _declared.get(action)
    if declared is None:
        return None
    return declared.sentence().format_map(_Known(details, by=by, subject=subject))


declare_action(ERASED, lambda: _("What tells of {subject} was removed from this trail"))
