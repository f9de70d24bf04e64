"""The three kinds of opportunity, and what many of each are called."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bandmate.kernel.languages import later


class Kind(StrEnum):
    """What is offered: each kind is launched when the company is ready for it."""

    JOB = "job"
    PROJECT = "project"
    MENTORING = "mentoring"


KINDS_MANY: Mapping[Kind, str] = {
    Kind.JOB: later("Jobs"),
    Kind.PROJECT: later("Projects"),
    Kind.MENTORING: later("Mentoring"),
}
