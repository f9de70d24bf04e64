"""The job boards of Halfnote, a music company that does not exist, and of its neighbours: the data of `make demo`.

Every company, person and sentence is invented. The answers have the exact wire shapes of Lever, Greenhouse and
Ashby, and over six weeks they show what real boards show: postings come, change, go and come back, boards fail.
"""

from __future__ import annotations

from bandmate.postings.sample.runs import SAMPLE_BOARDS, SampleBoard, SampleRun, sample_runs

__all__ = ["SAMPLE_BOARDS", "SampleBoard", "SampleRun", "sample_runs"]
