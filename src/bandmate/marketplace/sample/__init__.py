"""The people of Halfnote, a music company that does not exist: 6,000 employees and what they offer.

Everything is drawn from one seed, so that two loads are alike but for ids. Names, persons and sentences are
invented; the names of skills are ESCO's. This service uses the ESCO classification of the European Commission.
"""

from bandmate.marketplace.sample.loading import Loaded, load_company
from bandmate.marketplace.sample.staff import PEOPLE, Worker

__all__ = ["PEOPLE", "Loaded", "Worker", "load_company"]
