"""What routes ask for: the vocabulary that serves, and a concept of it by its name in the address."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from bandmate.kernel.errors import NotFound
from bandmate.kernel.languages import gettext as _
from bandmate.taxonomy.catalogue import Catalogue
from bandmate.taxonomy.errors import VocabularyAbsent
from bandmate.taxonomy.vocabulary import open_catalogue


def _catalogue(request: Request) -> Catalogue:
    return open_catalogue(request.app.state.settings)


CatalogueOf = Annotated[Catalogue, Depends(_catalogue)]
"""The vocabulary; the request is answered with ``VocabularyAbsent`` where there is none."""


def _catalogue_or_absent(request: Request) -> Catalogue | VocabularyAbsent:
    try:
        return open_catalogue(request.app.state.settings)
    except VocabularyAbsent as error:
        return error


CatalogueIfAny = Annotated[Catalogue | VocabularyAbsent, Depends(_catalogue_or_absent)]
"""The vocabulary, or why there is none: for pages, which then say how to mend it."""


def place_named(catalogue: Catalogue, name: str) -> int:
    """Return the place of the concept of this name.

    Raises:
        NotFound: when the vocabulary that serves has none.
    """
    place = catalogue.place_of_id.get(name)
    if place is None:
        raise NotFound(_("The vocabulary that serves here has no skill and no occupation at this address."))
    return place
