"""What each kind of problem means to the person who meets it: what it is, what was kept, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bandmate.kernel import errors
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.languages import gettext as _


@dataclass(frozen=True, slots=True)
class Explanation:
    """A kind of problem in three plain sentences."""

    meaning: str
    kept: str
    remedy: str


# No text here is marked for the catalogue: its extraction asks every kind of error for its words, contexts' too.
_NOTHING_CHANGED = "Nothing was changed."
_AS_BEFORE = "Everything is as it was before."

_EXPLANATIONS: dict[type[BandmateError], Explanation] = {
    errors.BandmateError: Explanation(
        "Something failed that should not fail. It is our fault, not yours.",
        "What you sent was not saved; everything stored before is safe.",
        "Try once more. If it fails again, give the code to support.",
    ),
    errors.InvalidInput: Explanation(
        "Something in what was sent cannot be used; the message says what, where and how to mend it.",
        _NOTHING_CHANGED,
        "Mend what the message names and send it again.",
    ),
    errors.InvalidCursor: Explanation(
        "A list was asked for from a place that belongs to another list, or to none.",
        _NOTHING_CHANGED,
        "Start again at the first page of the list.",
    ),
    errors.NotFound: Explanation(
        "There is nothing at this address, or nothing that you may see.",
        "Nothing was lost: closed jobs and past records keep their addresses.",
        "Check the address, or search for what you need.",
    ),
    errors.Conflict: Explanation(
        "What was asked for clashes with what is already there.",
        "What was there before is unchanged.",
        "Look at the present state and decide again.",
    ),
    errors.SignInRequired: Explanation(
        "This is only shown to people who are signed in, or to programs with an API key.",
        _AS_BEFORE,
        "Sign in; you then come back here.",
    ),
    errors.Forbidden: Explanation(
        "You are signed in, but your roles do not include this.",
        _NOTHING_CHANGED,
        "Ask the people who run this installation for the role you need.",
    ),
    errors.CsrfFailed: Explanation(
        "The form was open for too long, or was not sent from our own page. We refuse it to protect you.",
        _NOTHING_CHANGED,
        "Open the form again, and send it from there.",
    ),
    errors.TooManyRequests: Explanation(
        "There were more requests than we answer in so short a time.",
        "Everything answered so far counts; the rest was not started.",
        "Wait a moment, then go on more slowly.",
    ),
    errors.TooLarge: Explanation(
        "What was sent is larger than we accept.",
        _NOTHING_CHANGED,
        "Send less at once, in several parts if need be.",
    ),
    errors.Unavailable: Explanation(
        "Something we depend on does not answer at the moment.",
        "What you sent was not saved; everything stored before is safe.",
        "Try again in a minute.",
    ),
    errors.DatabaseUnavailable: Explanation(
        "The database cannot be reached, so nothing can be read or saved.",
        "Everything stored before is safe.",
        "Try again in a minute. If you run this installation, look at the logs of the database.",
    ),
    errors.SchemaOutdated: Explanation(
        "The program is newer than its database.",
        "Everything stored before is safe.",
        "If you run this installation, run “bandmate migrate”.",
    ),
    errors.SchemaTooNew: Explanation(
        "The program is older than its database.",
        "Everything stored before is safe.",
        "If you run this installation, start its newest version.",
    ),
    errors.OutboundFailed: Explanation(
        "We asked another server, and it did not answer as it should.",
        "What we knew before is unchanged.",
        "Try again later; if it goes on, the other server may have moved.",
    ),
    errors.OutboundRefused: Explanation(
        "The address leads to a place that we do not call, such as a private network.",
        "Nothing was sent there.",
        "Use an address that is reachable from the public internet.",
    ),
}

_OTHER = Explanation("This cannot be done as it was asked.", _NOTHING_CHANGED, "Go back and try another way.")


def all_kinds(root: type[BandmateError] = BandmateError) -> Iterator[type[BandmateError]]:
    """Yield every kind of error that the loaded program knows, contexts' own included, wider ones first."""
    yield root
    for narrower in root.__subclasses__():
        yield from all_kinds(narrower)


def kind_named(slug: str) -> type[BandmateError] | None:
    """Return the kind of that slug, or None."""
    return next((kind for kind in all_kinds() if kind.slug == slug), None)


def kind_of_status(status: int) -> type[BandmateError] | None:
    """Return the kernel's general kind of that HTTP status, or None; narrower kinds are never guessed."""
    ours = [kind for kind in BandmateError.__subclasses__() if kind.__module__ == errors.__name__]
    general: list[type[BandmateError]] = [BandmateError, *ours]
    return next((kind for kind in general if kind.status == status), None)


def explain(kind: type[BandmateError] | None) -> Explanation:
    """Explain a kind in the present language."""
    english = explained_in_english(kind)
    return Explanation(_(english.meaning), _(english.kept), _(english.remedy))


def explained_in_english(kind: type[BandmateError] | None) -> Explanation:
    """Explain a kind; one without words of its own means what its docstring says, and is mended as its base is."""
    if kind is None:
        return _OTHER
    if kind in _EXPLANATIONS:
        return _EXPLANATIONS[kind]
    base = next(_EXPLANATIONS[known] for known in kind.__mro__ if known in _EXPLANATIONS)
    meaning = (kind.__doc__ or "").strip().partition("\n")[0]
    return Explanation(meaning or base.meaning, base.kept, kind.remedy or base.remedy)
