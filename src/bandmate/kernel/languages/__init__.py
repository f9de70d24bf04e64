"""The language of whoever is spoken to: every text for people goes through here.

The language is a context variable: a request sets it for its reader, a delivery for its recipient; commands, logs
and the API speak English. Sources are written in English, and a text that has no translation appears as written.

* ``present``: the present language, and the functions that translate (``gettext``, ``ngettext``, ``later``).
* ``catalogues``: the translations, one file a language (``bandmate/locales/<tag>/LC_MESSAGES/bandmate.po``).
* ``known``: the languages there are, and what the world knows of each (CLDR): its name, direction and formats.
* ``negotiation``: which of them a reader is given.
* ``pseudo``: two made-up languages that show which texts no catalogue holds and which layouts break.
"""

from bandmate.kernel.languages.catalogues import ENGLISH
from bandmate.kernel.languages.known import Language, available_languages, direction, locale_of
from bandmate.kernel.languages.negotiation import best_language, wanted_languages
from bandmate.kernel.languages.present import gettext, language, later, ngettext, speaking
from bandmate.kernel.languages.pseudo import dressed

__all__ = [
    "ENGLISH",
    "Language",
    "available_languages",
    "best_language",
    "direction",
    "dressed",
    "gettext",
    "language",
    "later",
    "locale_of",
    "ngettext",
    "speaking",
    "wanted_languages",
]
