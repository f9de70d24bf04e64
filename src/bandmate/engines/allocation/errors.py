"""What can go wrong with an allocation.

* InvalidInput          (422)
  + InvalidProblem      candidates or limits that cannot be used; says which and how to mend it
* Unavailable           (503)
  + WorkerLost          a process that shared the work died; nothing was written
"""

from __future__ import annotations

from bandmate.kernel.errors import InvalidInput, Unavailable


class InvalidProblem(InvalidInput):
    """Candidates or limits that cannot be used."""

    slug = "invalid-allocation-problem"
    title = "This allocation problem cannot be used"


class WorkerLost(Unavailable):
    """A process that shared the work of an allocation died, for instance for want of memory."""

    slug = "allocation-worker-lost"
    title = "A process of this allocation died"
