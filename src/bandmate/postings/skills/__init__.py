"""What is read out of postings by the vocabulary and the model: title, seniority, occupation, skills.

The way of a posting: a task (``tasks``) sees that something is unread, or was read of other words or by another
version, and starts a process of its own for it (``bandmate read-skills``). That one claims postings in small
batches (``queue``), reads them outside any transaction (``reading``, ``working``), stores what it found beside the
records and tells the log which postings filters may find differently now. Nothing of this is a step in the life of
a posting.
"""

from bandmate.postings.skills import operate as _operate  # noqa: F401 - it declares the operators' line
from bandmate.postings.skills import tables as _tables  # noqa: F401 - known to the metadata with the app
from bandmate.postings.skills import tasks as _tasks  # noqa: F401 - registers the background work
