"""Job boards collected into one canonical, trustworthy record per posting, with its whole lifecycle."""

from bandmate.postings.offering import (
    HEARD,
    Company,
    OfferedJob,
    OfferedSkill,
    companies,
    jobs_told_of,
    offered_jobs,
    offered_jobs_after,
)

__all__ = [
    "HEARD",
    "Company",
    "OfferedJob",
    "OfferedSkill",
    "companies",
    "jobs_told_of",
    "offered_jobs",
    "offered_jobs_after",
]
