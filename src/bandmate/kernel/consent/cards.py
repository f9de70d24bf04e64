"""What Today shows of consent: wordings that changed since the reader agreed to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bandmate.kernel.consent.entries import deciding_entry
from bandmate.kernel.consent.ledger import history
from bandmate.kernel.consent.purposes import declared_purposes
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:  # noqa: ARG001 - the signature of cards
    if asker.person_id is None:
        return
    entries = history(tx, asker.person_id)
    for purpose in declared_purposes():
        ours = [entry for entry in entries if entry.purpose == purpose.name]
        deciding = [deciding_entry(ours, channel) for channel in purpose.choices]
        granted = [entry for entry in deciding if entry is not None and entry.granted]
        newest = max(granted, key=lambda entry: entry.at, default=None)
        if newest is not None and newest.evidence.wording != purpose.wording:
            yield Card(
                CardKind.WAITS,
                f"consent.wording:{purpose.name}:{purpose.version}",
                _("“{title}” is worded differently now").format(title=purpose.title),
                _("What you agreed to still counts, as it was worded then. Read the new wording and decide."),
                "/consent",
                _("Read it"),
                Urgency.SOON,
                at=newest.at,
                icon="shield-check",
            )


declare_cards("consent", _cards, title=later("Consent"))
