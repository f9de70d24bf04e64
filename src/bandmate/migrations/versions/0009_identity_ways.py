"""Reserved."""

from __future__ import annotations

revision = "0009_identity_ways"
down_revision = "0008_notify"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
