"""Answers to applications as decisions: offered or not chosen; and going on despite a manager's concern."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import (
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    Values,
    declare_rule,
    record,
    ruled,
)
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.marketplace.applying.domain import Application

APPLICATION = "marketplace.application"
WENT_ON = "marketplace.application_concern"
DECIDED_BY = "applying"

_TITLE = 80


def _answer(inputs: Values) -> Ruling:
    """An offer is what the owner answered; a no is theirs, or follows from its being filled or closed."""
    return Ruling("offered" if inputs["answer"] == "offered" else "not_chosen")


def _go_on(inputs: Values) -> Ruling:
    """A manager's concern never stops anybody: the applicant decides."""
    return Ruling("went_on" if inputs["wants"] else "stayed")


def _tell(decision: Decision) -> str:
    title = str(decision.values.get("title") or _("an opportunity"))
    why = decision.values.get("answer")
    if decision.outcome == "offered":
        return _("You were offered “{title}”.").format(title=title)
    if why == "filled":
        return _("“{title}” was filled with others before your application was answered.").format(title=title)
    if why == "closed":
        return _("“{title}” was closed before your application was answered.").format(title=title)
    return _("Others were chosen for “{title}”; who offers it decided so.").format(title=title)


def _tell_concern(decision: Decision) -> str:
    title = str(decision.values.get("title") or _("an opportunity"))
    return _("Your manager had a concern about “{title}”; you decided to go on.").format(title=title)


_WORDS = {
    "offered": later("offered"),
    "not_chosen": later("not chosen"),
    "answer": later("What it follows from"),
    "words": later("In their words"),
    "title": later("Title"),
    "owner": later("the owner's answer"),
    "filled": later("every seat was taken"),
    "closed": later("it was closed"),
    "concern": later("The manager's concern"),
    "wants": later("Whether you want to go on"),
    "went_on": later("went on"),
    "stayed": later("stayed"),
    "marketplace.owner": later("Who offers it"),
    "marketplace.opportunities": later("Opportunities"),
    "marketplace.manager": later("Your manager"),
    "marketplace.applicant": later("You"),
}

RULE = declare_rule(
    Rule(
        name=APPLICATION,
        version=1,
        title=later(
            "Who offers something chooses among who applied; everyone is answered when it is filled or closed"
        ),
        decide=_answer,
        sentence=_tell,
        outcomes=("offered", "not_chosen"),
        words=_WORDS,
    )
)
CONCERN_RULE = declare_rule(
    Rule(
        name=WENT_ON,
        version=1,
        title=later("A manager's concern is heard, and the applicant decides"),
        decide=_go_on,
        sentence=_tell_concern,
        outcomes=("went_on", "stayed"),
        words=_WORDS,
    )
)


def record_answers(
    tx: Tx,
    answered: Sequence[Application],
    title: str,
    *,
    answer: str,
    words: str,
    by: PersonId | None,
    now: datetime,
) -> None:
    """Write down that these applications were answered.

    Args:
        tx: writes.
        answered: the applications as they stand after it.
        title: of the opportunity.
        answer: ``offered``, or of a no what it follows from: ``owner``, ``filled``, ``closed``.
        words: the owner's.
        by: who answered; None where it followed from the opportunity's state.
        now: when.
    """
    record(tx, [answer_decision(each, title, answer=answer, words=words, by=by, now=now) for each in answered])


def answer_decision(
    answered: Application, title: str, *, answer: str, words: str, by: PersonId | None, now: datetime
) -> Decision:
    """Return the decision that an application was answered; see ``record_answers``."""
    return ruled(
        RULE,
        (
            Input("answer", answer, "marketplace.owner", str(answered.version)),
            Input("words", words, "marketplace.owner"),
            Input("title", title[:_TITLE], "marketplace.opportunities", personal=False),
        ),
        decision_id=decision_of(answered),
        kind=APPLICATION,
        about=ObjectRef("marketplace.opportunity", str(answered.opportunity_id)),
        subject=answered.person_id,
        at=now,
        by=by or DECIDED_BY,
    )


def record_going_on(
    tx: Tx, application: Application, title: str, *, concern: str, words: str, now: datetime
) -> None:
    """Write down that an applicant goes on although their manager has a concern, and why."""
    record(
        tx,
        [
            ruled(
                CONCERN_RULE,
                (
                    Input("concern", concern, "marketplace.manager"),
                    Input("wants", True, "marketplace.applicant"),
                    Input("words", words, "marketplace.applicant"),
                    Input("title", title[:_TITLE], "marketplace.opportunities", personal=False),
                ),
                decision_id=DecisionId(
                    fast_derived_id(WENT_ON, str(application.application_id), str(application.version))
                ),
                kind=WENT_ON,
                about=ObjectRef("marketplace.opportunity", str(application.opportunity_id)),
                subject=application.person_id,
                at=now,
                by=application.person_id,
            )
        ],
    )


def decision_of(application: Application) -> DecisionId:
    """Return the id of the decision that a version of an application came from, if it was an answer."""
    return DecisionId(fast_derived_id(APPLICATION, str(application.application_id), str(application.version)))
