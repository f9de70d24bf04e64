"""People of the marketplace: directory, profile, evidence portfolio."""

from __future__ import annotations

revision = "0015_people"
down_revision = "0014_posting_skills"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
