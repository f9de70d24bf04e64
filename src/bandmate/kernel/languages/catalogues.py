"""Translations as people write them: one ``.po`` file a language, compiled when it is first needed.

Nothing binary is kept: a catalogue of a thousand texts is read in about a tenth of a second, once a process.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import c2py
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from bandmate.kernel.languages.pseudo import PSEUDO, Dress

ENGLISH = "en"
DOMAIN = "bandmate"
FOLDER = Path(__file__).parents[2] / "locales"

_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|(%)(?!%|\()")
_MARKUP = re.compile(r"<[^<>]*>")
_TAG = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language; what it lacks is English."""

    tag: str
    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The forms of a counted text by its English singular."""
    which: Callable[[int], int] = lambda count: int(count != 1)
    """Which form fits a count."""

    def text(self, message: str) -> str:
        """Return a text in this language."""
        return self.texts.get(message, message)

    def form(self, one: str, many: str, count: int) -> str:
        """Return the form of a text that fits a count."""
        forms = self.plurals.get(one)
        if forms is None:
            return one if count == 1 else many
        return forms[self.which(count)]


def template_path() -> Path:
    """Return the file with every text that can be translated."""
    return FOLDER / f"{DOMAIN}.pot"


def catalogue_path(tag: str) -> Path:
    """Return where the catalogue of a language stands, whether or not there is one."""
    return FOLDER / tag.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def translated_languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, as BCP 47 tags by name."""
    return tuple(sorted(path.parts[-3].replace("_", "-") for path in FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po")))


def wider(tag: str) -> Iterator[str]:
    """Yield a tag and then, each shorter by a subtag, those that include it (RFC 4647, 3.4: lookup)."""
    parts = tag.split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if parts and len(parts[-1]) == 1:  # a singleton such as `x` says nothing without what follows it
            parts.pop()


@lru_cache(maxsize=256)
def catalogue_of(tag: str) -> Catalogue:
    """Return the catalogue that serves a language, read once a process: de-AT is served by de.

    A broken catalogue is logged and English takes its place: a reader who gets English is better off than one who
    gets no page. The tests read every catalogue and fail on a broken one.
    """
    if tag in PSEUDO:
        return _dressed(PSEUDO[tag])
    if _TAG.fullmatch(tag):
        known = {one.lower(): one for one in translated_languages()}
        found = next((known[one] for one in wider(tag.lower()) if one in known), None)
        if found is not None:
            try:
                return read_catalogue(found)
            except ValueError:
                log.exception("the catalogue of %s cannot be used; its readers get English", found)
    return Catalogue(ENGLISH)


def read_catalogue(tag: str) -> Catalogue:
    """Read and check the catalogue of a language; texts marked fuzzy count as not translated.

    Raises:
        ValueError: when it cannot be read, or a translation lacks a placeholder or an element of its text.
    """
    path = catalogue_path(tag)
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
    except (PoFileError, OSError, UnicodeDecodeError, LookupError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    wrong = list(_faults(catalogue))
    if wrong:
        raise ValueError(f"{path} cannot be used: {'; '.join(wrong)}")
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in _translated(catalogue):
        if message.pluralizable:
            plurals[_forms(message.id)[0]] = _forms(message.string)
        else:
            texts[_forms(message.id)[0]] = _forms(message.string)[0]
    return Catalogue(tag, texts, plurals, c2py(catalogue.plural_expr))


def _forms(written: object) -> tuple[str, ...]:
    """Return what Babel gives as one text or as several, always as several."""
    return (written,) if isinstance(written, str) else tuple(cast("tuple[str, ...]", written or ()))


def _translated(catalogue: Catalog) -> Iterator[Message]:
    for message in catalogue:
        forms = _forms(message.string)
        if message.id and not message.fuzzy and forms and all(forms):
            yield message


def _faults(catalogue: Catalog) -> Iterator[str]:
    """Yield what a translation has or lacks against its text: placeholders, elements, forms."""
    for message in _translated(catalogue):
        ids, forms, line = _forms(message.id), _forms(message.string), message.lineno
        if message.pluralizable and len(forms) != catalogue.num_plurals:
            yield f"line {line} has {len(forms)} forms, and the header says {catalogue.num_plurals}"
        known = set[str]().union(*map(_placeholders, ids))
        elements = [_elements(text) for text in ids]
        for text in forms:
            held = _placeholders(text)
            # A form for one may leave out its count ("one job"), as its English may.
            if held - known or (known - held and not message.pluralizable):
                yield f"line {line} must hold {_listed(known)}, and holds {_listed(held)}"
            if _elements(text) not in elements:
                yield f"line {line} must hold the same elements as its text"


def _placeholders(text: str) -> set[str]:
    return {found.group() for found in _PLACEHOLDER.finditer(text)}


def _elements(text: str) -> Counter[str]:
    return Counter(_MARKUP.findall(text))


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "no placeholder"


def _dressed(dress: Dress) -> Catalogue:
    """Return the made-up language of that dress: every text of the template, and no other."""
    with template_path().open("rb") as file:
        template = read_po(file)
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in template:
        forms = tuple(map(dress.on, _forms(message.id)))
        if message.pluralizable:
            plurals[_forms(message.id)[0]] = forms
        elif message.id:
            texts[_forms(message.id)[0]] = forms[0]
    return Catalogue(dress.tag, texts, plurals)
