"""Every error Bandmate raises on purpose.

* BandmateError                (500) something went wrong on our side
  + InvalidInput               (422) what was given cannot be used; says what, where and how to mend it
    - InvalidCursor            (400) a page cursor that was not made for this query
  + NotFound                   (404) no such thing, or none that the asker may see
  + Conflict                   (409) it clashes with what is already there
  + SignInRequired             (401) nobody is signed in
  + Forbidden                  (403) the asker may not do this
    - CsrfFailed               (403) the form did not come from our own page, or the page grew too old
  + TooManyRequests            (429) wait a while
  + TooLarge                   (413) more than we accept
  + Unavailable                (503) something we depend on does not answer
    - DatabaseUnavailable      (503) the database cannot be reached or started
    - SchemaOutdated           (503) the database has an older schema than the program
    - SchemaTooNew             (503) the database has a newer schema than the program
  + OutboundFailed             (502) another server did not answer as it should
    - OutboundRefused          (502) the address is not one we call (private network, bad scheme)

Each class carries its HTTP status and a stable problem type; ``kernel.web.problems`` turns them into RFC 9457
documents, the command line prints the message on stderr and exits with 1.
"""

from __future__ import annotations

from typing import ClassVar


class BandmateError(Exception):
    """Base of all errors raised on purpose; the message is a sentence a person can act on."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"
    remedy: ClassVar[str] = ""
    """What the person can do, where that is not what the wider kind says (``kernel.web.problem_kinds``)."""

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        """Further members of the problem document (RFC 9457, section 3.2); JSON-ready."""


class InvalidInput(BandmateError):
    """What was given cannot be used."""

    status = 422
    slug = "invalid-input"
    title = "This input cannot be used"


class InvalidCursor(InvalidInput):
    """A page cursor that was not made for this query."""

    status = 400
    slug = "invalid-cursor"
    title = "This page cursor does not fit the query"


class NotFound(BandmateError):
    """No such thing, or none that the asker may see."""

    status = 404
    slug = "not-found"
    title = "Nothing here"


class Conflict(BandmateError):
    """It clashes with what is already there."""

    status = 409
    slug = "conflict"
    title = "This clashes with what is already there"


class SignInRequired(BandmateError):
    """Nobody is signed in."""

    status = 401
    slug = "sign-in-required"
    title = "Please sign in"


class Forbidden(BandmateError):
    """The asker may not do this."""

    status = 403
    slug = "forbidden"
    title = "You may not do this"


class CsrfFailed(Forbidden):
    """The form did not come from our own page, or the page grew too old."""

    slug = "csrf-failed"
    title = "This form has expired"


class TooManyRequests(BandmateError):
    """Wait a while."""

    status = 429
    slug = "too-many-requests"
    title = "Too many requests"


class TooLarge(BandmateError):
    """More than we accept."""

    status = 413
    slug = "too-large"
    title = "This is larger than we accept"


class Unavailable(BandmateError):
    """Something we depend on does not answer."""

    status = 503
    slug = "unavailable"
    title = "Not available at the moment"


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or started."""

    slug = "database-unavailable"
    title = "The database is not available"


class SchemaOutdated(Unavailable):
    """The database has an older schema than the program."""

    slug = "schema-outdated"
    title = "The database needs a migration"


class SchemaTooNew(Unavailable):
    """The database has a newer schema than the program."""

    slug = "schema-too-new"
    title = "The program is older than its database"


class OutboundFailed(BandmateError):
    """Another server did not answer as it should."""

    status = 502
    slug = "outbound-failed"
    title = "Another server did not answer as it should"


class OutboundRefused(OutboundFailed):
    """The address is not one we call."""

    slug = "outbound-refused"
    title = "We do not call this address"
