"""Reserved."""

from __future__ import annotations

revision = "0011_webhooks"
down_revision = "0010_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
