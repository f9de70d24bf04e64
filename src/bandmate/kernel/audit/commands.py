"""``bandmate audit``: checking the trail."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from bandmate.kernel.audit.sealing import Head
from bandmate.kernel.audit.verifying import Verdict, verify
from bandmate.kernel.commands import command_database
from bandmate.kernel.errors import Conflict, InvalidInput

audit = typer.Typer(name="audit", help="The audit trail: who did what here.", no_args_is_help=True)

_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


def add_to(app: typer.Typer) -> None:
    """Add ``audit`` to the program."""
    app.add_typer(audit)


# Without a callback typer would take the only command for the whole group.
@audit.callback()
def _group() -> None:
    pass


@audit.command("verify")
def verify_command(
    expect: Annotated[
        str | None,
        typer.Option("--expect", help="A head that an earlier check printed and that you kept.", metavar="HEAD"),
    ] = None,
) -> None:
    """Check that nothing in the audit trail was changed, removed or slipped in."""
    expected = None if expect is None else parse_head(expect)
    with command_database() as database, database.read() as tx:
        verdict = verify(tx, expected=expected)
    if verdict.broken is not None:
        raise Conflict(f"The audit trail is broken at entry {verdict.broken.position}: {verdict.broken.what}")
    typer.echo(told(verdict))


def parse_head(written: str) -> Head:
    """Read a head as ``verify`` prints it.

    Raises:
        InvalidInput: when it is none.
    """
    parts = _HEAD.fullmatch(written)
    if parts is None:
        raise InvalidInput(
            f"{written!r} is no head of the trail; give NUMBER:HASH as `bandmate audit verify` prints it."
        )
    return Head(int(parts.group(1)), bytes.fromhex(parts.group(2)))


def told(verdict: Verdict) -> str:
    """Write what a check of a whole trail found."""
    lines = [
        (
            f"The audit trail is whole. Entries: {verdict.entries}; not sealed yet: {verdict.waiting}; "
            f"addresses and details erased: {verdict.erased}."
        )
    ]
    if verdict.head is not None:
        lines.append(f"head {verdict.head}")
    return "\n".join(lines)
