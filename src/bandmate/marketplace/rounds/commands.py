"""``bandmate rounds``: the list of mentoring rounds, a preview, publishing."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import text

from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.rounds.domain import Round
from bandmate.marketplace.rounds.previewing import preview
from bandmate.marketplace.rounds.publishing import publish_round
from bandmate.marketplace.rounds.queries import all_rounds, held_round

rounds = typer.Typer(
    name="rounds",
    help="Mentoring rounds: everybody who wishes for a mentor, paired at once.",
    no_args_is_help=True,
)

RoundArgument = Annotated[str, typer.Argument(help="The round's id, as in its address.", metavar="ROUND")]

_BY_EMAIL = text("""
    select e.person_id from marketplace.employee e
     where e.active and (lower(e.email) = lower(:written) or e.user_name = lower(:written))
       and (exists (select from marketplace.programme_lead l where l.person_id = e.person_id)
            or exists (select from kernel.account a
                        where a.person_id = e.person_id and a.role = 'administrator'))
     limit 1
""")


def add_to(app: typer.Typer) -> None:
    """Add ``rounds`` to the program."""
    app.add_typer(rounds)


@rounds.command("list")
def list_command() -> None:
    """List the rounds, newest first."""
    with command_database() as database, database.read() as tx:
        print_table(
            ("ROUND", "NAME", "FORMAT", "STATE", "MATCHED", "MENTEES"),
            [
                (str(each.round_id), each.name, each.format, each.state.value, *_matched(each))
                for each in all_rounds(tx)
            ],
        )


@rounds.command("preview")
def preview_command(round_id: RoundArgument) -> None:
    """Work out who would meet whom; nobody is told."""
    with command_database() as database:
        held = preview(database, _id(round_id), clock=system_clock)
    figures = held.figures or {}
    print_table(
        ("FIGURE", "VALUE"),
        [
            (name, f"{figures[name]:g}")
            for name in ("mentees", "mentors", "places", "matched", "value", "bound", "blocking_pairs")
        ],
    )


@rounds.command("publish")
def publish_command(
    round_id: RoundArgument,
    by: Annotated[str, typer.Option("--by", help="E-mail address of the programme lead who publishes it.")],
) -> None:
    """Publish the preview of a round: pairs are formed and everybody concerned is told."""
    with command_database() as database, database.begin() as tx:
        held = held_round(tx, _id(round_id))
        done = publish_round(tx, _lead(tx, by), held.round_id, version=held.version, now=system_clock())
    print_table(("PAIRS", "WAITING", "SKIPPED"), [(str(done.pairs), str(done.waiting), str(len(done.skipped)))])
    for one in done.skipped:
        notices.print(f"{one.mentee} with {one.mentor}: {one.why.value}")


def _matched(each: Round) -> tuple[str, str]:
    figures = each.figures or {}
    return str(figures.get("matched", "")), str(figures.get("mentees", ""))


def _lead(tx: Tx, written: str) -> PersonId:
    found = tx.execute(_BY_EMAIL, {"written": written.strip()}).scalar_one_or_none()
    if found is None:
        raise InvalidInput(f"{written} is no programme lead. An administrator can make them one, on Launches.")
    return PersonId(found)


def _id(written: str) -> RoundId:
    try:
        return RoundId(UUID(written))
    except ValueError as error:
        raise InvalidInput(f"{written} is no id of a round; bandmate rounds list shows them.") from error
