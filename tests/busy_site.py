"""The whole application as after some weeks: boards, persons of each role, something on every page of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from tests.postings.pages_world import NOW, PASSWORD, Reader, make_app, reader_of, studio

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import (
    Alternative,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    Score,
    Values,
    declare_rule,
    record,
    ruled,
)
from bandmate.kernel.events.subscriptions import Runner
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.notify.delivery import deliveries
from bandmate.postings.saved_searches.purpose import JOB_ALERTS

EMAILS = {role: f"{role}@bandmate.example" for role in Role}
NAMES = {Role.MEMBER: "Milo Segno", Role.OPERATOR: "Olive Quaver", Role.ADMINISTRATOR: "Ada Fermata"}

__all__ = ["AUDITION", "EMAILS", "NAMES", "NOW", "PASSWORD", "account_of", "audition", "busy_app", "studio"]


def _admit(inputs: Values) -> Ruling:
    points = float(str(inputs["points"]))
    enough = points >= 10
    return Ruling(
        "admitted" if enough else "refused",
        (Score("points", points), Score("bonus", -1.5)),
        (Alternative("refused" if enough else "admitted", "enough" if enough else "too_few", 10.0),),
    )


AUDITION = Rule(
    "tests.audition",
    1,
    "Ten points admit",
    _admit,
    lambda decision: f"{decision.outcome.capitalize()} with {decision.values['points']} points.",
    ("admitted", "refused"),
    {
        "admitted": "Admitted",
        "refused": "Refused",
        "points": "Points",
        "bonus": "Late",
        "too_few": "Fewer than ten points.",
        "enough": "Ten points or more.",
        "profile": "Your profile",
    },
)


def busy_app(database: Database, settings: Settings, folder: Path) -> FastAPI:
    """Fill the database and put the application before it.

    The rule of auditions stays declared until the test takes it back (``rules._declared``).
    """
    app = make_app(database, settings, folder)
    people = {role: account_of(database, role) for role in Role}
    namesake = _person(database, "Milo Segno (old)")
    declare_rule(AUDITION)
    told = _auditions(database, people)
    readers = {role: _signed_in(app, role) for role in Role}
    _member(readers[Role.MEMBER], told)
    _operator(readers[Role.OPERATOR])
    _administrator(readers[Role.ADMINISTRATOR], people, namesake)
    _letters(app, database)
    return app


def _person(database: Database, name: str) -> PersonId:
    with database.begin() as tx:
        return create_person(tx, name=name, now=NOW)


def account_of(database: Database, role: Role) -> PersonId:
    """Give somebody an account of this role."""
    person = _person(database, NAMES[role])
    with database.begin() as tx:
        create_account(tx, person, email=EMAILS[role], password=PASSWORD, role=role, now=NOW)
    return person


def _signed_in(app: FastAPI, role: Role) -> Reader:
    reader = reader_of(app)
    done(reader.submit("/sign-in", "/sign-in", email=EMAILS[role], password=PASSWORD))
    return reader


def done(answer: Any) -> None:
    """Insist that a form did what it was sent for."""
    assert answer.status_code in {200, 303}, answer.text


def _auditions(database: Database, people: dict[Role, PersonId]) -> list[Decision]:
    made = [
        audition(people[role], points, NOW - timedelta(days=number))
        for number, (role, points) in enumerate(
            [(Role.MEMBER, 7), (Role.MEMBER, 12), (Role.OPERATOR, 11), (Role.ADMINISTRATOR, 4)]
        )
    ]
    with database.begin() as tx:
        record(tx, made)
    return made


def audition(subject: PersonId, points: int, at: datetime) -> Decision:
    """Decide about an audition."""
    return ruled(
        AUDITION,
        (Input("points", points, "profile", "v3"), Input("places", 20, "course", personal=False)),
        decision_id=DecisionId(new_id()),
        kind="tests.course.audition",
        about=ObjectRef("tests.course", "course-1"),
        subject=subject,
        at=at,
        by="auditions",
    )


def _member(milo: Reader, told: list[Decision]) -> None:
    done(milo.submit("/account", "/account/keys", name="Laptop", scopes="member", days="90"))
    done(
        milo.submit(f"/decisions/{told[0].decision_id}", f"/decisions/{told[0].decision_id}/contest", words="No!")
    )
    done(milo.submit("/consent", f"/consent/postings.job_alerts/grant?version={JOB_ALERTS.version}"))
    done(milo.submit("/account/data", "/account/data/downloads"))
    saved = {"query": "q=sound", "name": "Sound", "frequency": "weekly", "hour": "8", "weekday": "1"}
    done(milo.submit("/saved/new?q=sound", "/saved", key="one", time_zone="Europe/Berlin", **saved))


def _operator(olive: Reader) -> None:
    for name, types in (("Ticket desk", "postings.*"), ("Agenda", "postings.job.closed")):
        hook = {"url": f"https://{name.split()[0].lower()}.example.org/hooks", "description": name, "types": types}
        done(olive.submit("/operator/webhooks", "/operator/webhooks", **hook))


def _administrator(ada: Reader, people: dict[Role, PersonId], namesake: PersonId) -> None:
    service = {"name": "metrics-reader", "purpose": "Reads the figures for monitoring", "role": "operator"}
    done(ada.submit("/operator/service-accounts", "/operator/service-accounts", **service))
    own = "/operator/service-accounts/metrics-reader"
    done(ada.submit(own, f"{own}/keys", label="rack 3", scopes="metrics:read", days="90"))
    person = f"/operator/persons/{people[Role.MEMBER]}"
    done(ada.submit(person, f"{person}/hold", reason="A court asks for it"))
    done(ada.submit(person, f"{person}/merge", merged=str(namesake), reason="The same human"))


def _letters(app: FastAPI, database: Database) -> None:
    """Ask for a letter as a stranger does, and let it become a delivery."""
    stranger = reader_of(app)
    done(stranger.submit("/recover", "/recover", email=EMAILS[Role.MEMBER]))
    clock: Callable[[], datetime] = lambda: NOW  # noqa: E731 - a clock that stands
    Runner(database, [deliveries(clock)], clock).drain()
