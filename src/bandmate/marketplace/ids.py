"""Ids of what the marketplace keeps. Persons' ids come from ``kernel.identity`` alone."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

OpportunityId = NewType("OpportunityId", UUID)
WishId = NewType("WishId", UUID)
ClaimId = NewType("ClaimId", UUID)
ApplicationId = NewType("ApplicationId", UUID)
RoundId = NewType("RoundId", UUID)
PairId = NewType("PairId", UUID)
GroupId = NewType("GroupId", UUID)
