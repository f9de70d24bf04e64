"""``bandmate messages``: for authors of templates and for whoever sets up sending."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from jinja2 import TemplateError

from bandmate.kernel.clock import system_clock
from bandmate.kernel.commands import notices
from bandmate.kernel.config import settings
from bandmate.kernel.errors import InvalidInput, OutboundFailed
from bandmate.kernel.identity.persons import parse_email
from bandmate.kernel.ids import new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify.channels import Letter, NotSent
from bandmate.kernel.notify.choosing import channel_of
from bandmate.kernel.notify.rendering import TRIAL, Draft, Recipient, Writer
from bandmate.kernel.notify.topics import template_named

messages = typer.Typer(name="messages", help="Messages to persons.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Add ``messages`` to the program."""
    app.add_typer(messages)


@messages.command("preview")
def preview(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="For example messages.trial.")],
    variables: Annotated[
        Path | None, typer.Option("--variables", help="A JSON file with what it is given.")
    ] = None,
    locale: Annotated[str, typer.Option("--locale", help="The recipient's language (BCP 47).")] = "en",
    zone: Annotated[str, typer.Option("--zone", help="The recipient's time zone (IANA).")] = "UTC",
    out: Annotated[
        Path | None, typer.Option("--out", help="A file for the HTML; its text goes to stdout.")
    ] = None,
) -> None:
    """Write a message as it would be sent, without sending it."""
    letter = _letter(template, _read(variables), Recipient("Ada Fermata", "ada@example.org", locale, zone))
    if out is not None:
        out.write_text(letter.html, encoding="utf-8")
        notices.print(f"Wrote {out}.")
    typer.echo(f"{letter.subject}\n\n{letter.text}")


@messages.command("send-test")
def send_test(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to, for example ada@example.org.")],
) -> None:
    """Send a trial message now, the way that is set, and say whether it was taken over."""
    channel = channel_of(settings())
    letter = _letter(TRIAL.name, {}, Recipient("", parse_email(address), None, None))
    try:
        with channel.opened() as send:
            send(letter)
    except NotSent as error:
        raise OutboundFailed(str(error)) from error
    notices.print(f"Handed over to {channel.name} for {address} as {letter.message_id}.")


def _letter(template: str, variables: dict[str, object], recipient: Recipient) -> Letter:
    """Write a letter that no request stands behind.

    Raises:
        InvalidInput: when there is no such template, or it cannot be written from these variables.
    """
    writer, now = Writer(settings()), system_clock()
    try:
        topic = template_named(template).topic
    except LookupError as error:
        raise InvalidInput(f"There is a mistake in the name: {error}.") from error
    stop_url = None if template == TRIAL.name else writer.absolute("/messages/stop/preview")
    reason = _("You get this because somebody tries out how messages are sent.")
    draft = Draft(new_id(), template, topic, variables, reason, stop_url)
    try:
        return writer.write(draft, recipient, now=now)
    except (TemplateError, ValueError, TypeError) as error:
        raise InvalidInput(f"{template} cannot be written from these variables: {error}.") from error


def _read(path: Path | None) -> dict[str, object]:
    if path is None:
        return {}
    try:
        variables = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"{path} is no JSON: {error}.") from error
    if not isinstance(variables, dict):
        raise InvalidInput(f"{path} must hold one JSON object: the names of the variables with their values.")
    return variables
