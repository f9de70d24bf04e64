"""``bandmate webhooks``: for those who run the installation, and for those who receive from one."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from bandmate.kernel.clock import parse_rfc3339, rfc3339, system_clock
from bandmate.kernel.commands import command_database, notices, print_table
from bandmate.kernel.config import settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.webhooks.endpoints import EndpointId, register
from bandmate.kernel.webhooks.queries import health_of_all
from bandmate.kernel.webhooks.replaying import Start, request_replay
from bandmate.kernel.webhooks.signing import fits, parse_secret

webhooks = typer.Typer(
    name="webhooks", help="Signed deliveries of events to other people's servers.", no_args_is_help=True
)

_TOLERANCE_SECONDS = 300


def add_to(app: typer.Typer) -> None:
    """Add ``webhooks`` to the program."""
    app.add_typer(webhooks)


@webhooks.command("add")
def add_command(
    url: Annotated[str, typer.Argument(help="Where deliveries are posted to; https.", metavar="URL")],
    types: Annotated[
        list[str],
        typer.Option("--type", help="An event type, or a beginning such as postings.*; may be repeated."),
    ],
    description: Annotated[str, typer.Option("--description", help="What it is, for operators.")] = "",
) -> None:
    """Register an endpoint and print its secret once, on standard output."""
    with command_database() as database, database.begin() as tx:
        made = register(tx, settings(), url=url, description=description, types=types, by=None, now=system_clock())
    notices.print(f"Registered the webhook {made.endpoint_id}. Keep its secret well: it cannot be shown again.")
    typer.echo(made.secret.written)


@webhooks.command("list")
def list_command() -> None:
    """List all endpoints with their health."""
    with command_database() as database, database.read() as tx:
        found = health_of_all(tx)
    header = ("ENDPOINT", "ADDRESS", "TYPES", "STATE", "WAITING", "DEAD", "LAST SUCCESS", "FAILING SINCE")
    rows = [
        (
            str(health.endpoint.endpoint_id),
            health.endpoint.url,
            " ".join(health.endpoint.types),
            health.word,
            str(health.counts.waiting),
            str(health.counts.dead),
            _time(health.endpoint.last_success_at),
            _time(health.endpoint.failing_since),
        )
        for health in found
    ]
    print_table(header, rows)


@webhooks.command("replay")
def replay_command(
    endpoint: Annotated[UUID, typer.Argument(help="The endpoint's id, as list shows it.", metavar="ENDPOINT")],
    since: Annotated[
        str | None, typer.Option("--since", help="From this instant on, for example 2026-06-10T07:56:48Z.")
    ] = None,
    event: Annotated[UUID | None, typer.Option("--event", help="From this event on.")] = None,
) -> None:
    """Have everything since an instant or an event sent again; a running worker does it."""
    start = Start(None if since is None else _instant(since), event)
    with command_database() as database, database.begin() as tx:
        request_replay(tx, EndpointId(endpoint), start, by=None, now=system_clock())
    notices.print("It is queued by a worker: `bandmate serve` or `bandmate worker`. Its page shows how far it is.")


@webhooks.command("verify")
def verify_command(
    secret: Annotated[
        str,
        typer.Option(
            "--secret", envvar="WEBHOOK_SECRET", help="The whsec_ secret; better given as WEBHOOK_SECRET."
        ),
    ],
    message_id: Annotated[str, typer.Option("--id", help="The webhook-id header.")],
    timestamp: Annotated[int, typer.Option("--timestamp", help="The webhook-timestamp header.")],
    signature: Annotated[str, typer.Option("--signature", help="The webhook-signature header, whole.")],
) -> None:
    """Check a delivery you received, its body on standard input byte for byte; needs no database."""
    body = sys.stdin.buffer.read()
    if not fits(parse_secret(secret), message_id, timestamp, body, signature):
        raise InvalidInput(
            f"No signature fits these {len(body)} bytes. Check that the body is as it came over the wire, not "
            "parsed and written again, and that secret, id and timestamp belong to it."
        )
    age = system_clock().timestamp() - timestamp
    if abs(age) > _TOLERANCE_SECONDS:
        notices.print(f"The signature fits, but it is {age:.0f} seconds old; receivers refuse more than 300.")
    else:
        notices.print("The signature fits.")


def _instant(written: str) -> datetime:
    try:
        return parse_rfc3339(written)
    except ValueError as error:
        raise InvalidInput(f"{written[:60]!r} is no instant; write it as 2026-06-10T07:56:48Z.") from error


def _time(instant: datetime | None) -> str:
    return "-" if instant is None else rfc3339(instant)
