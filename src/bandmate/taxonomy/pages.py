"""The pages of the vocabulary: search and walk through it, a concept, one of its lists; suggestions for forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.engines.skills import InvalidTaxonomy
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.identity import Anyone, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.templating import Pages, Templates
from bandmate.taxonomy import views
from bandmate.taxonomy.catalogue import RELATIONS, Kind, Relation
from bandmate.taxonomy.errors import VocabularyAbsent
from bandmate.taxonomy.label_index import LONGEST_QUESTION
from bandmate.taxonomy.listing import concept_page, relation_page
from bandmate.taxonomy.serving import CatalogueIfAny, place_named
from bandmate.taxonomy.words import group_name

TEMPLATES = Path(__file__).parent / "templates"
A_PAGE = 50
SUGGESTED = 8

router = APIRouter(include_in_schema=False)

_FIELD = r"^[A-Za-z][A-Za-z0-9_-]{0,40}$"


@router.get("/skills")
def skills_page(
    request: Request,
    asker: Anyone,
    pages: Pages,
    catalogue: CatalogueIfAny,
    q: Annotated[str, Query(max_length=2_000)] = "",
    kind: str = "",
    under: str = "",
    cursor: str | None = None,
) -> Response:
    """Search skills and occupations, or walk down to them from the groups at the top."""
    if isinstance(catalogue, VocabularyAbsent):
        return _absent(request, pages, catalogue, is_operator=Role.OPERATOR in asker.roles)
    words = " ".join(q.split())[:LONGEST_QUESTION]
    wanted = _kind(kind)
    group = catalogue.hierarchy.groups.get(under)
    if under and group is None:
        raise NotFound(_("The vocabulary that serves here has no group of this code."))
    return pages.render(
        request,
        "taxonomy/skills.html",
        vocabulary=views.vocabulary_view(catalogue),
        words=words,
        kind=wanted or "",
        kinds=views.kind_links(wanted),
        group=group,
        group_label=group_name(catalogue, group) if group else None,
        walk=views.walk(catalogue, group, wanted, words),
        found=concept_page(catalogue, words, wanted, under or None, limit=A_PAGE, cursor=cursor),
        is_first=not cursor,
        search_field={"label": _("Skill or occupation"), "value": words, "kind": wanted or ""},
    )


@router.get("/skills/suggestions")
def suggestions(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    catalogue: CatalogueIfAny,
    q: Annotated[str, Query(max_length=2_000)] = "",
    kind: str = "",
    field: Annotated[str, Query(pattern=_FIELD)] = "q",
) -> Response:
    """Answer with options for a ``<datalist>``: what could be meant by the letters typed so far.

    ``field`` names the parameter that holds them, because htmx sends a form field under its own name. Without a
    vocabulary nothing is suggested. Opened as a page it leads to the search for the same words.
    """
    words = q if field == "q" else request.query_params.get(field, "")
    if request.headers.get("HX-Request") != "true":
        query = urlencode({"q": words[:LONGEST_QUESTION]} | ({"kind": kind} if kind else {}), errors="replace")
        return RedirectResponse(f"/skills?{query}", status_code=303)
    matches: list[views.Suggestion] = []
    if not isinstance(catalogue, VocabularyAbsent):
        matches = views.suggestions(catalogue, words, _kind(kind), SUGGESTED)
    return pages.render(request, "taxonomy/suggestions.html", matches=matches)


@router.get("/skills/{concept_id}")
def concept_page_of(
    request: Request,
    asker: Anyone,
    pages: Pages,
    catalogue: CatalogueIfAny,
    concept_id: str,
    list_: Annotated[Literal["", "essential", "optional", "narrower"], Query(alias="list")] = "",
    cursor: str | None = None,
) -> Response:
    """Show a skill or an occupation, or with ``list`` all of one of its lists; a group leads to its own."""
    if isinstance(catalogue, VocabularyAbsent):
        return _absent(request, pages, catalogue, is_operator=Role.OPERATOR in asker.roles)
    if concept_id not in catalogue.place_of_id and concept_id in catalogue.hierarchy.groups:
        return RedirectResponse(views.group_href(concept_id), status_code=303)
    place = place_named(catalogue, concept_id)
    concept = catalogue.concept(place)
    if list_:
        relation: Relation | None = None if list_ == "narrower" else list_
        return pages.render(
            request,
            "taxonomy/concepts.html",
            concept=concept,
            title=views.list_title(concept, list_),
            found=relation_page(catalogue, place, relation, limit=A_PAGE, cursor=cursor),
            is_first=not cursor,
            vocabulary=views.vocabulary_view(catalogue),
        )
    return pages.render(
        request,
        "taxonomy/concept.html",
        concept=concept,
        facts=views.facts(catalogue, place),
        jobs=views.jobs_link(concept),
        above=views.above(catalogue, place),
        lists=[views.short_list(catalogue, place, name) for name in (*RELATIONS, "narrower")],
        no_relations=views.no_relations(catalogue, place),
        vocabulary=views.vocabulary_view(catalogue),
    )


def _kind(written: str) -> Kind | None:
    """Read a kind from an address.

    Raises:
        InvalidInput: when there is no such kind.
    """
    if written == "skill":
        return "skill"
    if written == "occupation":
        return "occupation"
    if not written:
        return None
    message = _("“{kind}” is no kind of concept; choose skill or occupation.").format(kind=written[:60])
    raise InvalidInput(message, errors=[{"pointer": "/query/kind", "message": message}])


def _absent(request: Request, pages: Templates, absent: VocabularyAbsent, *, is_operator: bool) -> Response:
    """Say what is missing, why, and how to mend it; what exactly failed is for those who can."""
    cause = absent.__cause__
    reason = cause.detail if is_operator and isinstance(cause, InvalidTaxonomy) else ""
    return pages.render(request, "taxonomy/absent.html", status=absent.status, reason=reason)
