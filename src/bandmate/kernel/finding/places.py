"""Pages of the program by name: what the rail shows, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding.finders import Finder, Hit, declare_finder
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later


@dataclass(frozen=True, slots=True)
class Place:
    """A page, or a part of one, that has a name."""

    title: str
    """In English, marked with ``languages.later``, as the words."""
    href: str
    role: Role | None = Role.MEMBER
    """Who may open it; None for anyone."""
    words: str = ""
    """What else people call it."""
    about: str = ""
    """What can be done there, in a sentence."""
    shown: Callable[[Tx, Asker], bool] | None = None
    """Asked last whether the asker may open it, by rooms that know more of a person than roles."""

    def is_for(self, asker: Asker) -> bool:
        """Tell whether the asker's roles let them open it."""
        return self.role is None or self.role in asker.roles

    def is_open_to(self, tx: Tx, asker: Asker) -> bool:
        """Tell whether the asker may open it."""
        return self.is_for(asker) and (self.shown is None or self.shown(tx, asker))


_declared: dict[str, Place] = {}


def declare_places(*places: Place) -> None:
    """Make pages known by name; declaring the same ones again changes nothing.

    Raises:
        ValueError: when another place has the address.
    """
    for place in places:
        if _declared.setdefault(place.href, place) != place:
            raise ValueError(f"two different places are declared at {place.href}")


def declared_places() -> tuple[Place, ...]:
    """Return every place in the order it was declared."""
    return tuple(_declared.values())


def _find(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
    """Every word typed must begin a word of the name or of what else people call it; names come first."""
    wanted = words.casefold().split()
    mine = [place for place in _declared.values() if place.is_for(asker)]
    named = [place for place in mine if _begin(wanted, _(place.title))]
    called = [
        place for place in mine if place not in named and _begin(wanted, f"{_(place.title)} {_(place.words)}")
    ]
    fitting = (place for place in [*named, *called] if place.is_open_to(tx, asker))
    for place in islice(fitting, limit):
        yield Hit(_(place.title), place.href, _(place.about) if place.about else "", verbatim=False)


def _begin(wanted: list[str], text: str) -> bool:
    tokens = text.casefold().replace("-", " ").split()
    return all(any(token.startswith(word) for token in tokens) for word in wanted)


declare_finder(Finder("places", later("Pages and settings"), _find, icon="settings", place=30))

declare_places(
    Place(later("Today"), "/today", words=later("start home waiting")),
    Place(later("Decisions about you"), "/decisions", words=later("why contest reasons")),
    Place(later("Messages to you"), "/messages", words=later("mail letters inbox")),
    Place(later("Your account"), "/account", words=later("profile settings name")),
    Place(
        later("Language and time zone"), "/account#preferences", words=later("preferences settings locale e-mail")
    ),
    Place(later("Where you are signed in"), "/account#sessions", words=later("sessions devices browsers")),
    Place(later("API keys"), "/account#keys", words=later("tokens programs settings")),
    Place(later("Change password"), "/account#password", words=later("secret settings")),
    Place(later("Your data"), "/account/data", words=later("privacy download export held")),
    Place(later("Erase your data"), "/account/data/erasure", words=later("delete account privacy forget")),
    Place(later("What you allow"), "/consent", words=later("consent privacy settings withdraw")),
    Place(
        later("Operate"),
        "/operator",
        Role.OPERATOR,
        words=later("health state monitoring admin hub"),
        about=later("Whether everything is well, and where to look if not"),
    ),
    Place(
        later("Background jobs"),
        "/operator/tasks",
        Role.OPERATOR,
        words=later("tasks queue failed worker"),
        about=later("What the program does by itself, and what of it failed"),
    ),
    Place(
        later("Subscriptions"),
        "/operator/subscriptions",
        Role.OPERATOR,
        words=later("events lag replay"),
        about=later("Who hears of events, and how far behind they are"),
    ),
    Place(
        later("Contests to answer"),
        "/operator/contests",
        Role.OPERATOR,
        words=later("decisions appeals"),
        about=later("Decisions that somebody thinks are wrong"),
    ),
    Place(
        later("Messages of everybody"),
        "/operator/messages",
        Role.OPERATOR,
        words=later("mail deliveries failed"),
        about=later("What was sent to whom, what waits and what failed"),
    ),
    Place(
        later("Webhooks"),
        "/operator/webhooks",
        Role.OPERATOR,
        words=later("endpoints dead letters deliveries"),
        about=later("Which servers are told of events, and whether they answer"),
    ),
    Place(
        later("Persons"),
        "/operator/persons",
        Role.ADMINISTRATOR,
        words=later("erasure merge split legal hold"),
        about=later("Who is known here; merging, splitting, erasing"),
    ),
    Place(
        later("Accounts"),
        "/operator/accounts",
        Role.ADMINISTRATOR,
        words=later("roles users disable"),
        about=later("Who may sign in, and with which role"),
    ),
    Place(
        later("Service accounts"),
        "/operator/service-accounts",
        Role.ADMINISTRATOR,
        words=later("programs keys robots"),
        about=later("Accounts for programs, with their keys"),
    ),
    Place(
        later("Audit trail"),
        "/operator/audit",
        Role.ADMINISTRATOR,
        words=later("log history who did what"),
        about=later("Who did what here, and when"),
    ),
)
