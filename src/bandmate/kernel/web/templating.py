"""Pages from templates: one Jinja environment in which every page lives.

A page extends ``shell/base.html`` and fills its blocks ``title``, ``lead``, ``action``, ``content``, ``aside``. It
is given, always: ``request``, ``path``, ``person``, ``csrf_token``, ``navigation``, ``now``, ``zone``, ``theme``,
``notice``, ``lang`` and ``dir``, the functions ``icon``, ``asset_url``, ``url_with``, ``_``, ``ngettext`` and
``counted``, and the components as ``ui`` (``ui.table``, ``ui.field`` ...: the macros of ``shell/components.html``
and its neighbours, no import needed).

Texts stand in ``{% trans %}`` or ``{{ _("…") }}``; data (names, titles, what boards send) in ``ui.verbatim`` or in
an element with ``translate="no"``, so that neither our tests nor a browser takes it for a text of ours.

htmx: an element that fills ``#results`` is answered with the block ``results`` of the same template, so a page
works whole without JavaScript and in parts with it. The block holds the element itself: ``hx-swap="outerMorph"``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.languages import direction, gettext, language, ngettext
from bandmate.kernel.web import formats
from bandmate.kernel.web.assets import Assets
from bandmate.kernel.web.icons import icon
from bandmate.kernel.web.notices import clear_notice, notice_of
from bandmate.kernel.web.reader import Person, csrf_token_of, person_of, theme_of, wanted_part, zone_of

SHELL_TEMPLATES = Path(__file__).parent / "templates"
COMPONENTS = ("shell/components.html", "shell/forms.html", "shell/figures.html", "shell/why.html")
"""The templates whose macros are found under ``ui``."""


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the rail."""

    label: str
    """In English, marked with ``languages.later``; the shell translates it."""
    href: str
    icon: str
    """A name known to ``icons.icon``."""
    role: str | None = None
    """Who sees it: persons with this role, or everyone."""
    also: tuple[str, ...] = ()
    """Further paths whose pages belong to it."""

    shown: Callable[[Request], bool] | None = None
    """Asked last whether the reader sees it, by rooms that know more of a person than roles."""

    def is_for(self, person: Person | None) -> bool:
        """Tell whether this person's roles let them see the entry."""
        return self.role is None or (person is not None and self.role in person.roles)


class Templates:
    """Renders templates of the shell (``shell/…``) and of contexts (``postings/…``)."""

    def __init__(
        self,
        *,
        folders: Mapping[str, Path],
        navigation: Sequence[NavItem],
        assets: Assets | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """Prepare the environment.

        Args:
            folders: The templates folder of each context by the context's name.
            navigation: The rail, in order.
            assets: The static files; the shell's alone by default.
            clock: Says what "2 days ago" is counted from.
        """
        self.assets = assets or Assets()
        self._navigation = tuple(navigation)
        self._clock = clock
        loaders = {
            name: FileSystemLoader(folder) for name, folder in {**folders, "shell": SHELL_TEMPLATES}.items()
        }
        self.environment = Environment(
            loader=PrefixLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self.environment.policies["ext.i18n.trimmed"] = True
        # The extension adds its methods to the environment when it is loaded, which no type knows.
        cast(Any, self.environment).install_gettext_callables(gettext, ngettext, newstyle=True)
        self.environment.globals.update(
            icon=icon, asset_url=self.assets.url, counted=formats.counted, gettext=_text, _=_text
        )
        self.environment.filters.update(FILTERS)

    def render(
        self,
        request: Request,
        name: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> HTMLResponse:
        """Answer with a page, or with the block that htmx asked for.

        Args:
            request: The request that is answered.
            name: The template, e.g. ``postings/search.html``.
            status: HTTP status.
            headers: Further headers.
            values: What the template is given beside the names it always has.

        Raises:
            jinja2.TemplateError: when the template is missing, wrong, or asks for a name it was not given.
        """
        part = wanted_part(request)
        context, page = self._open(request, name, values)
        if part is not None and part in context.blocks:
            body = "".join(context.blocks[part][0](context))
        else:
            part, body = None, "".join(page)
        response = _html(body, status, headers)
        response.headers.append("Vary", "Cookie, Accept-Language, HX-Request, HX-Request-Type, HX-Target")
        response.headers["Content-Language"] = language()
        if part is None and notice_of(request) is not None:
            clear_notice(response)
        return response

    def _open(self, request: Request, name: str, values: Mapping[str, object]) -> tuple[Context, Iterator[str]]:
        """Run a template to its first output; return its context and its whole text, piece by piece.

        By then what stands at its top (set, import) is done and the blocks of all its ancestors are known, so that
        a block taken from the context renders as it would in the page.
        """
        template = self.environment.get_template(name)
        context = template.new_context(self._context(request, values))
        page = template.root_render_func(context)
        return context, itertools.chain([next(page, "")], page)

    def _context(self, request: Request, values: Mapping[str, object]) -> dict[str, object]:
        person = person_of(request)
        context: dict[str, object] = {
            "request": request,
            "path": request.url.path,
            "lang": language(),
            "dir": direction(language()),
            "person": person,
            "csrf_token": csrf_token_of(request),
            "navigation": [
                item
                for item in self._navigation
                if item.is_for(person) and (item.shown is None or item.shown(request))
            ],
            "now": self._clock(),
            "zone": zone_of(request),
            "theme": theme_of(request),
            "notice": notice_of(request),
            "url_with": _url_with(request),
        }
        context["ui"] = self._components(context)
        return {**context, **values}

    def _components(self, context: Mapping[str, object]) -> SimpleNamespace:
        """Bind the components to this page: their times are in its reader's zone, their forms guarded."""
        ui = SimpleNamespace()
        shared = {**context, "ui": ui}
        for name in COMPONENTS:
            module = self.environment.get_template(name).make_module(shared)
            vars(ui).update({key: macro for key, macro in vars(module).items() if not key.startswith("_")})
        return ui


def _html(body: str, status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    # A lone surrogate in hostile text cannot be sent as UTF-8: it becomes a question mark, not an error.
    return HTMLResponse(body.encode("utf-8", "replace"), status_code=status, headers=dict(headers or {}))


def _url_with(request: Request) -> Callable[..., str]:
    """Return the template function that writes the present address with some of its query changed."""

    def url_with(*, without: Sequence[tuple[str, str]] = (), **changes: object) -> str:
        """Write path and query: ``changes`` replace or (None) remove a name, ``without`` removes single pairs."""
        pairs = parse_qsl(request.url.query, keep_blank_values=False)
        kept = [pair for pair in pairs if pair[0] not in changes and pair not in set(without)]
        added = [(name, str(value)) for name, value in changes.items() if value is not None]
        query = urlencode(kept + added, errors="replace")
        return request.url.path + (f"?{query}" if query else "")

    return url_with


def _reader(context: Context) -> tuple[tzinfo, datetime]:
    zone, now = context.get("zone"), context.get("now")
    if zone is None or now is None:
        raise LookupError(
            "Times need their reader: use the components as ui.…, or import a template with context."
        )
    return cast(tzinfo, zone), cast(datetime, now)


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone; give instants aware, in UTC")
    return instant


def _time(instant: datetime, text: str) -> Markup:
    # Markup.format() would take a fifth of the time of a search page.
    hover = escape(formats.exact(instant))
    written = f'<time datetime="{formats.machine_time(instant)}" title="{hover}">{escape(text)}</time>'
    return Markup(written)  # noqa: S704 - escaped above, and a time of ours


def _text(message: str, **variables: object) -> Markup:
    """Translate a text of a template, as the extension's own function does, at a fifth of its cost.

    A search page holds three hundred of them, most without a variable. Texts are trusted as templates are, what is
    put into them is escaped.
    """
    text = Markup(gettext(message))  # noqa: S704 - of a template or a checked catalogue
    return text % variables if variables or "%" in text else text


@pass_context
def _instant(
    context: Context, value: datetime | None, *, ago: bool = False, missing: str = formats.MISSING
) -> str:
    """``3 Nov 2026, 14:00`` in the reader's zone, with ``ago`` also ``(2 days ago)``; exact on hover."""
    if value is None:
        return missing
    zone, now = _reader(context)
    text = formats.clock_time(_aware(value), zone)
    return _time(value, f"{text} ({formats.relative(value, now)})" if ago else text)


@pass_context
def _ago(context: Context, value: datetime | None, *, missing: str = formats.MISSING) -> str:
    """``2 days ago``; the exact instant on hover."""
    if value is None:
        return missing
    return _time(_aware(value), formats.relative(value, _reader(context)[1]))


@pass_context
def _day(context: Context, value: date | None, *, missing: str = formats.MISSING) -> str:
    """``3 Nov 2026``; of an instant, the day in the reader's zone with the exact instant on hover."""
    if value is None:
        return missing
    if isinstance(value, datetime):
        return _time(_aware(value), formats.calendar_day(value.astimezone(_reader(context)[0])))
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), formats.calendar_day(value))


def _number(value: float | None, decimals: int = 0, *, missing: str = formats.MISSING) -> str:
    return missing if value is None else formats.number(value, decimals)


FILTERS: dict[str, Callable[..., Any]] = {
    "instant": _instant,
    "ago": _ago,
    "day": _day,
    "number": _number,
    "money": formats.money,
    "percent": formats.percent,
    "upfirst": formats.upfirst,
}
"""The filters that templates have beside Jinja's own."""


def templates_of(request: Request) -> Templates:
    """Return the templates of the application that serves this request (``app.state.templates``)."""
    return cast(Templates, request.app.state.templates)


Pages = Annotated[Templates, Depends(templates_of)]
"""What a route that answers with a page asks for."""

__all__ = ["COMPONENTS", "FILTERS", "NavItem", "Pages", "Templates", "templates_of"]
