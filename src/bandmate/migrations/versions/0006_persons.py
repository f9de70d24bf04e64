"""The language and the time zone in which a person is spoken to."""

from __future__ import annotations

from alembic import op

revision = "0006_persons"
down_revision = "0005_consent"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute("alter table kernel.person add column locale text, add column time_zone text")


def downgrade() -> None:
    op.execute("alter table kernel.person drop column locale, drop column time_zone")
