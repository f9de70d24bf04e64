"""Mentees and mentors: the best pairing there is, within quotas too, with prices and figures that explain it."""

from bandmate.engines.allocation.pairing.candidates import CandidateSearch, find_pairing
from bandmate.engines.allocation.pairing.figures import PairingFigures, figures_of
from bandmate.engines.allocation.pairing.flow import Pairing, Wishes, pair
from bandmate.engines.allocation.pairing.prices import MentorPrices, prices_of
from bandmate.engines.allocation.pairing.quotas import Quota, pair_within

__all__ = [
    "CandidateSearch",
    "MentorPrices",
    "Pairing",
    "PairingFigures",
    "Quota",
    "Wishes",
    "figures_of",
    "find_pairing",
    "pair",
    "pair_within",
    "prices_of",
]
