"""The two messages of confirmations: you are asked, and you were answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template
from bandmate.marketplace.profiles.portfolio.domain import Claim

_FOLDER = Path(__file__).parent / "messages"
_TOPIC = "Confirmations"

ASKED = declare_template(MessageTemplate("marketplace.confirmation_asked", _TOPIC, _FOLDER)).name
ANSWERED = declare_template(MessageTemplate("marketplace.confirmation_answered", _TOPIC, _FOLDER)).name

EXPIRY = timedelta(days=14)
"""After this nobody wants the message any more; the question still stands on Today."""


def asked(claim: Claim, confirmer: PersonId, name: str, now: datetime) -> MessageRequest:
    """Return the message for somebody who is asked to confirm a claim."""
    return MessageRequest(
        request_id=EventId(fast_derived_id(ASKED, str(claim.claim_id), str(confirmer), rfc3339(now))),
        recipient=confirmer,
        template=ASKED,
        variables={"name": name, "title": claim.title, "href": f"/me/confirmations#{claim.claim_id}"},
        purpose=None,
        urgency=Urgency.DIGEST,
        expires_at=now + EXPIRY,
        reason=_("You get this because {name} asked you to confirm something you were part of.").format(name=name),
    )


def answered(claim: Claim, name: str, *, confirms: bool, words: str, now: datetime) -> MessageRequest:
    """Return the message for the person whose claim was confirmed or not."""
    return MessageRequest(
        request_id=EventId(fast_derived_id(ANSWERED, str(claim.claim_id), name, rfc3339(now))),
        recipient=claim.person_id,
        template=ANSWERED,
        variables={
            "name": name,
            "title": claim.title,
            "confirms": confirms,
            "words": words,
            "href": f"/me/portfolio#{claim.claim_id}",
        },
        purpose=None,
        urgency=Urgency.DIGEST,
        expires_at=now + EXPIRY,
        reason=_("You get this because you asked {name} for a confirmation.").format(name=name),
    )
