"""Staffing: projects staffed as teams whose strengths complement each other, from who applied."""

from bandmate.marketplace.staffing import deciding as _deciding  # noqa: F401 - declares its rules
from bandmate.marketplace.staffing import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.staffing.acts import Accepted, accept, drop, propose
from bandmate.marketplace.staffing.domain import Applicant, Proposal, ProposalState
from bandmate.marketplace.staffing.queries import open_proposal

__all__ = [
    "Accepted",
    "Applicant",
    "Proposal",
    "ProposalState",
    "accept",
    "drop",
    "open_proposal",
    "propose",
]
