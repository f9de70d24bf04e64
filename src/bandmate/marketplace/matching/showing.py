"""Fits as pages and the API give them: words and numbers in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bandmate.engines.matching import Part
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import number
from bandmate.marketplace.matching import sentences
from bandmate.marketplace.matching.domain import Fit
from bandmate.marketplace.opportunities.domain import KINDS, WORK_MODELS, Opportunity


def shown_fit(fit: Fit, *, others: bool = False) -> dict[str, Any]:
    """Return what the templates of a fit need. ``others``: for whoever looks at a person."""
    names: Mapping[Part, str] = sentences.PART_NAMES_OF_OTHERS if others else sentences.PART_NAMES
    return {
        "why": sentences.why(fit, others=others),
        "raised": sentences.raise_sentence(fit.raised, fit.labels or {}) if fit.raised else "",
        "crowd": sentences.price_sentence(fit),
        "score": sentences.points(fit.tenths),
        "price": sentences.points(fit.price_tenths) if fit.price_tenths else "",
        "parts": [
            {
                "name": _(names[part.part]),
                "points": sentences.points(part.tenths),
                "most": number(part.most / 10),
                "width": round(100 * part.tenths / part.most, 1) if part.most else 0,
                "note": sentences.part_note(part),
            }
            for part in fit.parts
        ],
    }


def shown_suggestion(fit: Fit, opportunity: Opportunity) -> dict[str, Any]:
    """Return a line of a for-you list."""
    return {
        **shown_fit(fit),
        "id": str(opportunity.opportunity_id),
        "kind": _(KINDS[opportunity.kind]),
        "kind_code": opportunity.kind.value,
        "title": opportunity.title,
        "summary": opportunity.summary,
        "meta": meta(opportunity),
    }


def meta(opportunity: Opportunity) -> str:
    """Return where and how much, in a line."""
    hours = opportunity.hours_per_week
    named = (
        opportunity.department,
        opportunity.location,
        _(WORK_MODELS[opportunity.work_model]) if opportunity.work_model else None,
        sentences.weekly(float(hours)) if hours is not None else None,
    )
    return " · ".join(each for each in named if each)
