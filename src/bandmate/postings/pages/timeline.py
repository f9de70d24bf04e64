"""The life of a posting as a reader follows it: steps in words, long texts as a comparison line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.postings.domain.changes import DESCRIPTION
from bandmate.postings.pages.words import WORK_MODELS, sentence_case, value_label
from bandmate.postings.queries import HistoryEvent

_CONTEXT_LINES = 1
_LONG = 160
"""Characters from which on a value is compared line by line."""

_KINDS = {
    "created": (later("First seen on the board"), "plus", "good"),
    "closed": (later("Closed"), "circle-x", "bad"),
    "reopened": (later("Open again"), "refresh-cw", "good"),
}
_CHANGES = {
    "title": later("Title changed"),
    "company": later("Company changed"),
    "location_text": later("Location text changed"),
    "locations": later("Locations changed"),
    "department": later("Department changed"),
    "team": later("Team changed"),
    "employment_type": later("Employment type changed"),
    "workplace_type": later("Workplace type changed"),
    "salary_min": later("Salary min changed"),
    "salary_max": later("Salary max changed"),
    "salary_currency": later("Salary currency changed"),
    "salary_period": later("Salary period changed"),
    "requisition_id": later("Requisition id changed"),
    "valid_through": later("Valid through changed"),
    "source_url": later("Source url changed"),
    "apply_url": later("Apply url changed"),
    "description": later("Description changed"),
}
"""A whole sentence for each fact that can change (``derivation.meaning_of``): languages bend words differently."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison."""

    kind: Literal["same", "out", "in", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the life of a posting; ``at`` is UTC."""

    at: datetime
    title: str
    icon: str
    kind: str
    of_board: bool = False
    closed: bool = False
    old: str | None = None
    new: str | None = None
    lines: tuple[Line, ...] = ()
    """A long text's comparison, in place of ``old`` and ``new``."""


def steps(history: Iterable[HistoryEvent]) -> tuple[Step, ...]:
    """Return the steps of a history in its order."""
    return tuple(map(_step, history))


def _step(event: HistoryEvent) -> Step:
    if event.type in _KINDS:
        title, icon, kind = _KINDS[event.type]
        return Step(event.observed_at, _(title), icon, kind, closed=event.type == "closed")
    field = event.field_name or "posting"
    title = _(_CHANGES[field]) if field in _CHANGES else _("{field} changed").format(field=sentence_case(field))
    old, new = _words(field, event.old_value), _words(field, event.new_value)
    if field == DESCRIPTION or max(len(old), len(new)) > _LONG:
        lines = compared(_lines(event.old_value), _lines(event.new_value))
        return Step(event.observed_at, title, "pencil", "info", of_board=event.of_board, lines=lines)
    return Step(event.observed_at, title, "pencil", "info", of_board=event.of_board, old=old, new=new)


def _words(field: str, value: Any) -> str:
    if field == "workplace_type" and value in WORK_MODELS:
        return value_label("work_model", value)
    if value is None or value in ("", []):
        return _("not stated")
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value)


def _lines(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return [line for line in str(value or "").splitlines() if line.strip()]


def compared(old: Sequence[str], new: Sequence[str]) -> tuple[Line, ...]:
    """Compare two texts line by line; long stretches that stayed the same are left out and marked."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: list[Line] = []
    for number, group in enumerate(matcher.get_grouped_opcodes(_CONTEXT_LINES)):
        if number:
            lines.append(Line("gap", "…"))
        for operation, old_start, old_end, new_start, new_end in group:
            if operation == "equal":
                lines += [Line("same", line) for line in old[old_start:old_end]]
                continue
            lines += [Line("out", line) for line in old[old_start:old_end]]
            lines += [Line("in", line) for line in new[new_start:new_end]]
    return tuple(lines)
