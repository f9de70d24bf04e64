"""What fits whom: for-you lists, people lists for owners, reasons, prices of the crowd, how even exposure is."""

from bandmate.marketplace.matching import holding as _holding  # noqa: F401 - it declares what is held of persons
from bandmate.marketplace.matching import tables as _tables  # noqa: F401 - known to the metadata with the room
from bandmate.marketplace.matching import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.matching.candidates import Candidate, Candidates, candidates_for, show_candidates
from bandmate.marketplace.matching.domain import Facts, Fit, PartOfFit
from bandmate.marketplace.matching.exposure import By, ExposureReport, exposure_report, measured
from bandmate.marketplace.matching.for_you import ForYou, for_you, order_for, why
from bandmate.marketplace.matching.purpose import BE_FOUND
from bandmate.marketplace.opportunities import declare_order

declare_order(order_for)

__all__ = [
    "BE_FOUND",
    "By",
    "Candidate",
    "Candidates",
    "ExposureReport",
    "Facts",
    "Fit",
    "ForYou",
    "PartOfFit",
    "candidates_for",
    "exposure_report",
    "for_you",
    "measured",
    "order_for",
    "show_candidates",
    "why",
]
