"""From a template and its variables to a letter, in its recipient's language and time zone.

A template is given its variables and

* ``mail``: ``recipient`` (the name), ``topic``, ``reason``, ``home`` (our address), ``stop_url`` (or None);
* the filters ``instant``, ``day`` and ``ago`` for RFC 3339 texts, and ``absolute``, which makes ``/jobs`` a whole
  address; in HTML ``{% from "letters/parts.html" import button %}`` brings ``button(label, href)``;
* ``{% trans %}`` and ``_``.

A name that was not given is an error. Variables may come from strangers: HTML is escaped, control characters and
those that turn the direction of writing are taken out, a subject is one line, and only http links become links.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    pass_context,
    select_autoescape,
)
from jinja2.runtime import Context
from markupsafe import Markup

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.languages import ENGLISH, gettext, ngettext, speaking
from bandmate.kernel.notify.channels import Letter
from bandmate.kernel.notify.topics import MessageTemplate, declare_template, template_named
from bandmate.kernel.web import formats

LETTERS = Path(__file__).parent / "letters"
TRIAL = declare_template(MessageTemplate("messages.trial", "Trial message", LETTERS))
LONGEST_SUBJECT = 150
HIDDEN = "…"
"""What stands for a secret where it is not to be seen."""

# Embeddings, overrides and isolates (UAX #9, section 2): one left open turns round whatever follows it. The
# marks U+200E, U+200F and U+061C stay: they turn nothing but themselves, and names need them.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a letter is for."""

    name: str
    address: str
    locale: str | None
    time_zone: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What a letter is made of."""

    delivery_id: UUID
    template: str
    topic: str
    variables: Mapping[str, Any]
    reason: str
    stop_url: str | None


class Writer:
    """Writes letters of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.public_url.rstrip("/")
        host = urlsplit(self._home).hostname or "localhost"
        self._host = f"[{host}]" if ":" in host else host
        self._sender = settings.messages_from or f"Bandmate <no-reply@{self._host}>"

    def write(self, draft: Draft, recipient: Recipient, *, now: datetime) -> Letter:
        """Render everything.

        Raises:
            LookupError: when no template has the name.
            jinja2.TemplateError: when it is missing or wrong, or asks for a name it was not given.
            Exception: whatever a template's own expressions raise.
        """
        locale = recipient.locale or ENGLISH
        parts = self._parts(draft, recipient, now)
        with speaking(locale):
            subject, text, html = (parts.part(ending) for ending in ("subject.txt", "txt", "html"))
            frame = _environment(LETTERS)
            framed = {**parts.names, "language": locale, "subject": _one_line(subject)}
            return Letter(
                delivery_id=draft.delivery_id,
                message_id=f"<{draft.delivery_id}@{self._host}>",
                sender=self._sender,
                name=_one_line(recipient.name),
                address=recipient.address,
                subject=_one_line(subject),
                text=frame.get_template("frame.txt").render({**framed, "content": text.strip()}),
                html=frame.get_template("frame.html").render({**framed, "content": Markup(html)}),  # noqa: S704 - escaped where it was rendered
                locale=locale,
                written_at=now,
                stop_url=draft.stop_url,
            )

    def subject(self, draft: Draft, recipient: Recipient, *, now: datetime) -> str:
        """Render the subject alone; raises as ``write``."""
        with speaking(recipient.locale or ENGLISH):
            return _one_line(self._parts(draft, recipient, now).part("subject.txt"))

    def absolute(self, path: str) -> str:
        """Return the whole address of a path of ours."""
        return f"{self._home}{path}"

    def _parts(self, draft: Draft, recipient: Recipient, now: datetime) -> _Parts:
        template = template_named(draft.template)
        zone = formats.zone_named(recipient.time_zone) if recipient.time_zone else UTC
        mail = SimpleNamespace(
            recipient=_one_line(recipient.name),
            topic=draft.topic,
            reason=_harmless(draft.reason),
            home=self._home,
            stop_url=draft.stop_url,
        )
        names = {**_harmless(dict(draft.variables)), "mail": mail, "now": now, "zone": zone}
        return _Parts(_environment(template.folder), template.stem, names)


@dataclass(frozen=True, slots=True)
class _Parts:
    environment: Environment
    stem: str
    names: Mapping[str, Any]

    def part(self, ending: str) -> str:
        return self.environment.get_template(f"{self.stem}.{ending}").render(self.names)


@lru_cache(maxsize=64)
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(folder), PrefixLoader({"letters": FileSystemLoader(LETTERS)})],
        ),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    # The extension adds its methods to the environment when it is loaded, which no type knows.
    cast(Any, environment).install_gettext_callables(gettext, ngettext, newstyle=True)
    environment.filters.update(instant=_instant, day=_day, ago=_ago, absolute=_absolute, linkable=_linkable)
    return environment


def _harmless(value: Any) -> Any:
    """Take out of every text what could break lines that are none, or turn the direction of writing."""
    match value:
        case str():
            kept = (c for c in value.translate(_TURNING) if c in "\n\t" or unicodedata.category(c) != "Cc")
            return "".join(kept)
        case list():
            return [_harmless(each) for each in value]
        case dict():
            return {key: _harmless(each) for key, each in value.items()}
        case _:
            return value


def _one_line(text: str) -> str:
    """Return a text as one line that is not overlong: subjects and names stand in headers."""
    line = " ".join(_harmless(" ".join(text.split())).split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _read_instant(value: datetime | str) -> datetime:
    return value if isinstance(value, datetime) else parse_rfc3339(value)


@pass_context
def _instant(context: Context, value: datetime | str) -> str:
    """``3 Nov 2026, 14:00`` in the recipient's zone; UTC is named."""
    return formats.clock_time(_read_instant(value), cast(tzinfo, context["zone"]))


@pass_context
def _day(context: Context, value: datetime | date | str) -> str:
    """``3 Nov 2026``; of an instant, the day in the recipient's zone."""
    if isinstance(value, str) and "T" not in value:
        return formats.calendar_day(date.fromisoformat(value))
    if isinstance(value, str | datetime):
        return formats.calendar_day(_read_instant(value).astimezone(cast(tzinfo, context["zone"])))
    return formats.calendar_day(value)


@pass_context
def _ago(context: Context, value: datetime | str) -> str:
    """``2 days ago``, counted when the message is sent."""
    return formats.relative(_read_instant(value), cast(datetime, context["now"]))


@pass_context
def _absolute(context: Context, address: str) -> str:
    """Make a path of ours a whole address; leave one that is whole.

    Raises:
        ValueError: when it is neither.
    """
    if address.startswith("/") and not address.startswith("//"):
        return f"{context['mail'].home}{address}"
    return _linkable(address)


def _linkable(address: str) -> str:
    """Let http and https addresses pass.

    Raises:
        ValueError: for any other, such as ``javascript:``.
    """
    if not address.startswith(("https://", "http://")):
        raise ValueError(f"{address[:80]!r} is no address to link to: it must begin with https:// or http://")
    return address
