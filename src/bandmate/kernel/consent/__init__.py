"""Who allowed what, for which purpose, by which channel, since when: an append-only ledger with evidence."""

from bandmate.kernel.consent import holding as _holding  # noqa: F401 - it declares what the ledger holds
from bandmate.kernel.consent.entries import Answer, Entry, EntryId, Evidence, Through
from bandmate.kernel.consent.ledger import allows, allows_all, export, grant, history, withdraw
from bandmate.kernel.consent.purposes import Purpose, declare_purpose, declared_purposes

__all__ = [
    "Answer",
    "Entry",
    "EntryId",
    "Evidence",
    "Purpose",
    "Through",
    "allows",
    "allows_all",
    "declare_purpose",
    "declared_purposes",
    "export",
    "grant",
    "history",
    "withdraw",
]
