"""The three kinds of opportunity."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What is offered: each kind is launched when the company is ready for it."""

    JOB = "job"
    PROJECT = "project"
    MENTORING = "mentoring"
