"""What Today shows of profiles: confirmations that somebody waits for, skills read from one's words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, ngettext
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards

_WAITING = text("""
    select (select count(*) from marketplace.claim_confirmation f join marketplace.claim c using (claim_id)
             where f.by_person = e.person_id and f.state = 'asked' and c.deleted_at is null) as asked,
           (select min(asked_at) from marketplace.claim_confirmation f join marketplace.claim c using (claim_id)
             where f.by_person = e.person_id and f.state = 'asked' and c.deleted_at is null) as asked_at,
           (select count(*) from marketplace.profile_skill s
             where s.person_id = e.person_id and s.state = 'proposed') as proposed,
           (select max(at) from marketplace.profile_skill s
             where s.person_id = e.person_id and s.state = 'proposed') as proposed_at
      from marketplace.employee e where e.person_id = :person and e.active
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:  # noqa: ARG001 - the signature of cards
    if asker.person_id is None:
        return
    row = tx.execute(_WAITING, {"person": asker.person_id}).one_or_none()
    if row is None:
        return
    if row.asked:
        yield Card(
            CardKind.WAITS,
            "profiles.confirmations",
            ngettext(
                "A colleague asks you to confirm something",
                "Colleagues ask you to confirm {count} things",
                row.asked,
            ).format(count=row.asked),
            _("You were there. Say yes or no in your own words; a minute is enough."),
            "/me/confirmations",
            _("Read and answer"),
            Urgency.SOON,
            at=row.asked_at,
            icon="circle-check",
            dismissible=False,
        )
    if row.proposed:
        yield Card(
            CardKind.NEXT,
            f"profiles.proposals:{row.proposed_at:%Y-%m-%dT%H:%M:%S}",
            ngettext(
                "{count} skill may be missing on your profile",
                "{count} skills may be missing on your profile",
                row.proposed,
            ).format(count=row.proposed),
            _("They were read from what you wrote. Only you see them, and they count only if you accept them."),
            "/me/profile#proposals",
            _("Look at them"),
            Urgency.SOMETIME,
            at=row.proposed_at,
            icon="tag",
        )


declare_cards("profiles", _cards, title=later("Profile"))
