"""Reserved."""

from __future__ import annotations

revision = "0010_audit"
down_revision = "0009_identity_ways"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
