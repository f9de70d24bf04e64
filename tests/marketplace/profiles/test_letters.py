"""The messages of confirmations as their readers get them."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.marketplace.profiles.conftest import NOW

from bandmate.kernel.config import Settings
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.notify import MessageRequest
from bandmate.kernel.notify.rendering import Draft, Recipient, Writer
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.domain import Visibility
from bandmate.marketplace.profiles.portfolio import letters
from bandmate.marketplace.profiles.portfolio.domain import Claim, ClaimKind

CLAIM = Claim(
    claim_id=ClaimId(UUID(int=1)),
    person_id=PersonId(UUID(int=2)),
    kind=ClaimKind.PROJECT,
    title="<b>Harps</b>",
    words="",
    organisation="",
    from_date=None,
    to_date=None,
    opportunity_id=None,
    skills={},
    visibility=Visibility.ME,
    version=1,
    created_at=NOW,
    changed_at=NOW,
)


def written(settings: Settings, request: MessageRequest) -> tuple[str, str, str]:
    """Return subject, text and markup of a message."""
    draft = Draft(new_id(), request.template, "Confirmations", request.variables, request.reason, None)
    letter = Writer(settings).write(draft, Recipient("Bo", "bo@band.example", None, None), now=NOW)
    return letter.subject, letter.text, letter.html


def test_who_is_asked_reads_by_whom_about_what_and_where(settings: Settings) -> None:
    """The message names who asks and what, says that a no is fine, and leads to the question."""
    subject, text, html = written(settings, letters.asked(CLAIM, PersonId(UUID(int=3)), "Anna", NOW))
    assert subject == "Anna asks you to confirm something"
    assert "<b>Harps</b>" in text
    assert "&lt;b&gt;Harps" in html
    for each in (text, html):
        assert "A no is fine too" in each
        assert f"/me/confirmations#{CLAIM.claim_id}" in each
    assert "Anna asked you" in text, "and why they get it"


@pytest.mark.parametrize(("confirms", "told"), [(True, "Bo confirmed"), (False, "Bo does not confirm")])
def test_the_answer_is_told_in_the_confirmers_words(settings: Settings, *, confirms: bool, told: str) -> None:
    """A yes and a no both come with the words that were written."""
    request = letters.answered(CLAIM, "Bo", confirms=confirms, words="I <was> there", now=NOW)
    subject, text, html = written(settings, request)
    assert subject.startswith(told)
    assert "I <was> there" in text
    assert "I &lt;was&gt; there" in html
