"""Searches that somebody keeps, and the digests that tell what is new in them.

The way of a posting: the event log (``collecting``) makes it a candidate, the evaluation (``alerting``, with
``matching``) finds the searches it is news for, and the digest (``digests``, ``letters``) tells of it once, by the
notify port.
"""

from bandmate.postings.saved_searches import holding as _holding  # noqa: F401 - it declares what is held of persons
from bandmate.postings.saved_searches import tables as _tables  # noqa: F401 - known to the metadata with the app
from bandmate.postings.saved_searches import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.postings.saved_searches.collecting import SUBSCRIPTION

__all__ = ["SUBSCRIPTION"]
