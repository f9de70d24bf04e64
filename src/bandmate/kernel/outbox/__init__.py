"""Rows that wait to be sent to somebody outside: claimed under a lease, sent without a transaction, settled."""

from bandmate.kernel.outbox.claiming import Claim, Outbox, Outcome, claim_due, settle

__all__ = ["Claim", "Outbox", "Outcome", "claim_due", "settle"]
