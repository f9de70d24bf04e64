"""The routes of the API. Each reads its question, asks what pages ask, and writes the answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from bandmate.kernel.errors import InvalidCursor, InvalidInput, NotFound
from bandmate.kernel.identity import Anyone
from bandmate.kernel.web.answers import UNCHANGED, answer
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import IfNoneMatch
from bandmate.taxonomy.api import schemas
from bandmate.taxonomy.catalogue import Catalogue, Concept, Kind
from bandmate.taxonomy.errors import VocabularyAbsent
from bandmate.taxonomy.label_index import LONGEST_QUESTION
from bandmate.taxonomy.listing import concept_page
from bandmate.taxonomy.naming import LONGEST_ID
from bandmate.taxonomy.serving import CatalogueOf, place_named
from bandmate.taxonomy.words import group_name

LARGEST_PAGE = 100
LONGEST_CURSOR = 4_000

router = APIRouter(prefix="/taxonomy/v1", tags=["Skills and occupations"])

ConceptIdPath = Annotated[
    str, Path(max_length=LONGEST_ID, description="The last part of an ESCO URI; of others as `id` says.")
]


@router.get(
    "/vocabulary",
    operation_id="get_vocabulary",
    response_model=schemas.VocabularyAnswer,
    responses={**UNCHANGED, **problem_responses(InvalidInput, VocabularyAbsent)},
)
def get_vocabulary(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    catalogue: CatalogueOf,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Say which vocabulary serves: its version, its size, and what must be said wherever it is used."""
    known = catalogue.taxonomy
    return answer(
        {
            "name": known.name,
            "version": known.version,
            "source": known.source,
            "attribution": known.attribution or None,
            "skills": len(known.skills),
            "occupations": len(known.occupations),
            "relations": len(known.relation_skill),
        },
        {},
        if_none_match,
    )


@router.get(
    "/concepts",
    operation_id="find_concepts",
    response_model=schemas.ConceptsFoundAnswer,
    responses={**UNCHANGED, **problem_responses(InvalidInput, InvalidCursor, VocabularyAbsent)},
)
def find_concepts(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    catalogue: CatalogueOf,
    q: Annotated[
        str,
        Query(
            max_length=LONGEST_QUESTION,
            description="Words that one label holds, each at least begun, in any order, case and accents aside.",
        ),
    ] = "",
    kind: Annotated[Kind | None, Query(description="Only skills, or only occupations.")] = None,
    under: Annotated[
        str | None,
        Query(max_length=LONGEST_ID, description="Only what lies below the group of this code, e.g. `S4.5`."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="How many at most, 1 to 100.")] = 20,
    cursor: Annotated[
        str | None,
        Query(
            max_length=LONGEST_CURSOR,
            description="`meta.next_cursor` of the page before, of the same query; none for the first page.",
        ),
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Find skills and occupations by words of their labels, the best first; without words all, by the alphabet.

    Meant to be asked with every letter typed: it answers from memory within milliseconds.
    """
    page = concept_page(catalogue, q, kind, under, limit=limit, cursor=cursor)
    found = [{**_named(match.concept), "matched": match.matched} for match in page.items]
    return answer(found, {"limit": limit, "next_cursor": page.next_cursor, "total": page.total}, if_none_match)


@router.get(
    "/concepts/{concept_id}",
    operation_id="get_concept",
    response_model=schemas.ConceptInFullAnswer,
    responses={**UNCHANGED, **problem_responses(NotFound, InvalidInput, VocabularyAbsent)},
)
def get_concept(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    catalogue: CatalogueOf,
    concept_id: ConceptIdPath,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a skill or an occupation with all that the vocabulary says of it."""
    return answer(_in_full(catalogue, place_named(catalogue, concept_id)), {}, if_none_match)


def _named(concept: Concept) -> dict[str, object]:
    return {"id": concept.id, "uri": concept.uri, "kind": concept.kind, "label": concept.label}


def _in_full(catalogue: Catalogue, place: int) -> dict[str, object]:
    one, hierarchy = catalogue.concept(place), catalogue.hierarchy
    groups = [hierarchy.groups[code] for code in hierarchy.groups_of[place]]

    def named(places: Iterable[int]) -> list[dict[str, object]]:
        return [_named(each) for each in catalogue.concepts(places)]

    return {
        **_named(one),
        "alternatives": one.alternatives,
        "description": one.description,
        "type": one.type or None,
        "reuse": one.reuse or None,
        "isco": one.isco or None,
        "broader": named(hierarchy.broader[place]),
        "narrower": named(hierarchy.narrower.get(place, ())),
        "groups": [{"id": group.id, "label": group_name(catalogue, group).text} for group in groups],
        "essential": named(catalogue.relations(place, "essential")),
        "optional": named(catalogue.relations(place, "optional")),
    }
