"""Skills and occupations that were read out of postings."""

from __future__ import annotations

revision = "0014_posting_skills"
down_revision = "0013_today"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
