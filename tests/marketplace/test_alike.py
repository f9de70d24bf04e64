"""Who somebody is, told through every door there is, moves no list: neither theirs nor an owner's of people."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, Member, World

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Through, grant
from bandmate.kernel.database.session import Database
from bandmate.kernel.tasks import run_due
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.matching import BE_FOUND
from bandmate.marketplace.people.importing import apply_import

TOLD = {
    "name": {"display_name": "Fatima Zahra", "given_name": "Fatima", "family_name": "Zahra"},
    "age": {"start_date": "1981-04-01", "title": "Mx. senior citizen, née Kern"},
    "place of birth": {"languages": "ar tr", "employee_number": "12043"},
    "gender": {"headline": "She/her, mother of two", "about": "Frau Kern, first violin."},
    "postcode": {"about": "I live in 12043 Berlin-Neukölln, 4th floor."},
    "school": {"about": "Oxford, class of 1999; the golf club.", "claim": "education"},
    "career gap": {"about": "Back after six years at home.", "claim": "experience"},
}
"""What is told of somebody: by the directory's file, on the profile, in the portfolio."""


@pytest.fixture
def world(settings: Settings, database: Database) -> World:
    """Everything is open to everybody."""
    with database.begin() as tx:
        for table in ("people_group", "own_company", "launch_change"):
            tx.execute(text(f"delete from marketplace.{table}"))
    made = World(create_app(settings, database, clock=lambda: NOON), database)
    for kind in Kind:
        made.launch(kind)
    return made


def _tell(world: World, member: Member, told: dict[str, str]) -> None:
    columns = {name: value for name, value in told.items() if name not in {"headline", "about", "claim"}}
    if columns:
        head, row = (
            ",".join(["user_name", *columns]),
            ",".join([member.account.email, *map(_cell, columns.values())]),
        )
        with world.database.begin() as tx:
            assert apply_import(tx, f"{head}\n{row}\n".encode(), complete=False, by="tests", now=NOON).applied
    words: dict[str, Any] = {name: told[name] for name in ("headline", "about") if name in told}
    if words:
        words["hours_per_week"] = 4  # the profile is sent whole
        assert member.ask("/me/profile", "PUT", words).status_code == 200
    if "claim" in told:
        claim = {"kind": told["claim"], "title": "Harvard", "from_date": "1990-01-01", "to_date": "1994-01-01"}
        assert member.ask("/me/claims", "POST", claim | {"visibility": "company"}).status_code == 201
    run_due(world.database, clock=lambda: NOON)  # reads what was written, as it does for everybody


def _cell(value: str) -> str:
    return f'"{value}"'


def _lists(owner: Member, member: Member, path: str) -> tuple[list[Any], list[Any]]:
    """Return the member's own list, and the one in which the owner is shown people; without names."""
    mine = member.ask("/for-you").json()["items"]
    people = owner.ask(path).json()["items"]
    return mine, [(each["person_id"], each["fit"]) for each in people]


def test_who_somebody_is_moves_no_list(world: World) -> None:
    """Told by the directory's file, the profile and the portfolio, and read by the machine: the lists stay."""
    owner, ana = world.member("Owner"), world.member("Ana")
    bo = world.member("Bo")
    offers = [
        world.offer(owner, f"Work {at}", skills=("mixing",) if at % 2 else ("baking", "mixing")) for at in range(8)
    ]
    for one in (ana, bo):
        assert one.ask("/me/profile", "PUT", {"about": "", "hours_per_week": 4}).status_code == 200
        assert one.ask("/me/skills", "POST", {"words": "mixing", "level": 3}).status_code == 200
        with world.database.begin() as tx:
            shown = BE_FOUND.shown(to=one.person_id, through=Through.PAGE)
            grant(tx, one.person_id, BE_FOUND.name, None, evidence=shown, at=NOON)
    path = f"/opportunities/{offers[0]}/candidates"
    before = _lists(owner, ana, path)
    assert before[0]
    assert len(before[1]) == 2
    for about, told in TOLD.items():
        _tell(world, ana, told)
        assert _lists(owner, ana, path) == before, about
