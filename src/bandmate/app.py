"""The web application: the rooms put together, no logic of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI

from bandmate import __version__, postings
from bandmate.kernel import consent, identity
from bandmate.kernel.audit import pages as audit_pages
from bandmate.kernel.audit.api import router as audit_api
from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.consent.pages import router as consent_router
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions.api import router as decisions_api
from bandmate.kernel.decisions.pages import TEMPLATES as DECISIONS_TEMPLATES
from bandmate.kernel.decisions.pages import router as decisions_pages
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.finding import pages as finding_pages
from bandmate.kernel.holdings import operator_pages as persons_pages
from bandmate.kernel.holdings import pages as holdings_pages
from bandmate.kernel.identity.administration_pages import router as administration_router
from bandmate.kernel.identity.key_pages import router as key_router
from bandmate.kernel.identity.middleware import install_identity
from bandmate.kernel.identity.openid_own_pages import router as openid_own_router
from bandmate.kernel.identity.openid_pages import router as openid_router
from bandmate.kernel.identity.pages import router as identity_router
from bandmate.kernel.identity.personas import Persona
from bandmate.kernel.identity.preference_pages import router as preference_router
from bandmate.kernel.identity.recovery_pages import router as recovery_router
from bandmate.kernel.identity.sign_in_pages import router as sign_in_router
from bandmate.kernel.languages import later
from bandmate.kernel.notify import pages as notify_pages
from bandmate.kernel.notify.api import router as notify_api
from bandmate.kernel.notify.delivery import deliveries as message_deliveries
from bandmate.kernel.notify.gauges import message_gauges
from bandmate.kernel.operations import operate_page
from bandmate.kernel.operations.problem_log import noting_faults
from bandmate.kernel.telemetry.health import health_router
from bandmate.kernel.telemetry.metrics import metrics_router
from bandmate.kernel.telemetry.requests import RequestTelemetry
from bandmate.kernel.today import pages as today_pages
from bandmate.kernel.today.api import router as today_api
from bandmate.kernel.web.assets import install_static
from bandmate.kernel.web.head import HeadAsGet
from bandmate.kernel.web.problems import install_error_pages
from bandmate.kernel.web.security import SecurityHeaders
from bandmate.kernel.web.speaking import ReaderLanguage
from bandmate.kernel.web.templating import NavItem, Templates
from bandmate.kernel.webhooks import SUBSCRIPTION as WEBHOOKS
from bandmate.kernel.webhooks.api import router as webhooks_api
from bandmate.kernel.webhooks.pages import TEMPLATES as WEBHOOKS_TEMPLATES
from bandmate.kernel.webhooks.pages import router as webhooks_pages
from bandmate.marketplace.applying import doors as applying
from bandmate.marketplace.handover import doors as handover
from bandmate.marketplace.launches import doors as launches
from bandmate.marketplace.launches.rail import is_for_employees, mentoring_is_open, some_kind_is_open
from bandmate.marketplace.matching import doors as matching
from bandmate.marketplace.opportunities import doors as opportunities
from bandmate.marketplace.people import pages as people_pages
from bandmate.marketplace.people.scim.answers import ScimErrors
from bandmate.marketplace.people.scim.api import router as scim_api
from bandmate.marketplace.profiles import doors as profiles
from bandmate.marketplace.rounds import doors as rounds
from bandmate.marketplace.staffing import doors as staffing
from bandmate.postings.api import router as postings_api
from bandmate.postings.api.saved import router as saved_searches_api
from bandmate.postings.finding import job_finder
from bandmate.postings.gauges import gauges
from bandmate.postings.indexing import index_folder
from bandmate.postings.operate import router as operate_postings
from bandmate.postings.pages import router as postings_pages
from bandmate.postings.reading_index import JobIndex
from bandmate.postings.saved_searches import SUBSCRIPTION as SAVED_SEARCHES
from bandmate.taxonomy import pages as taxonomy_pages
from bandmate.taxonomy.api import router as taxonomy_api
from bandmate.taxonomy.finding import concept_finder

SUBSCRIPTIONS: tuple[Subscription, ...] = (
    message_deliveries(),
    WEBHOOKS,
    SAVED_SEARCHES,
    *opportunities.SUBSCRIPTIONS,
    *applying.SUBSCRIPTIONS,
    *handover.SUBSCRIPTIONS,
)
"""Who hears events; the search index follows the log by itself (``postings.indexing``)."""

NAVIGATION = (
    NavItem(later("Today"), "/", "house", role="member", also=("/today",)),
    NavItem(later("For you"), "/for-you", "heart", shown=some_kind_is_open),
    NavItem(
        later("Opportunities"),
        "/opportunities",
        "layers",
        also=("/me/opportunities", "/me/applications"),
        shown=some_kind_is_open,
    ),
    NavItem(later("Mentoring"), "/mentoring", "handshake", also=("/rounds",), shown=mentoring_is_open),
    NavItem(later("People"), "/people", "users", shown=is_for_employees),
    NavItem(
        later("Profile"),
        "/me/profile",
        "user-round",
        also=("/me/portfolio", "/me/confirmations"),
        shown=is_for_employees,
    ),
    NavItem(later("Jobs"), "/jobs", "briefcase"),
    NavItem(later("Companies"), "/companies", "building-2"),
    NavItem(later("Skills"), "/skills", "tag"),
    NavItem(later("Saved"), "/saved", "bell", role="member"),
    NavItem(later("Decisions"), "/decisions", "scale", role="member"),
    NavItem(later("Boards"), "/boards", "database", role="operator"),
    NavItem(later("Operate"), "/operator", "activity", role="operator"),
)
"""The rail. What is not in it is reached from the operators' page and from search everywhere."""


def create_app(
    settings: Settings, database: Database, *, clock: Clock = system_clock, personas: Sequence[Persona] = ()
) -> FastAPI:
    """Build the application over an open, migrated database; ``personas`` are the demo's alone."""
    app = FastAPI(
        title="Bandmate",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    templates = Templates(
        folders={
            "audit": audit_pages.TEMPLATES,
            "consent": Path(consent.__file__).parent / "templates",
            "decisions": DECISIONS_TEMPLATES,
            "finding": finding_pages.TEMPLATES,
            "holdings": holdings_pages.TEMPLATES,
            "identity": Path(identity.__file__).parent / "templates",
            handover.FOLDER: handover.TEMPLATES,
            profiles.FOLDER: profiles.TEMPLATES,
            launches.FOLDER: launches.TEMPLATES,
            matching.FOLDER: matching.TEMPLATES,
            opportunities.FOLDER: opportunities.TEMPLATES,
            people_pages.FOLDER: people_pages.TEMPLATES,
            rounds.FOLDER: rounds.TEMPLATES,
            staffing.FOLDER: staffing.TEMPLATES,
            applying.FOLDER: applying.TEMPLATES,
            "notify": notify_pages.TEMPLATES,
            "operations": operate_page.TEMPLATES,
            "postings": Path(postings.__file__).parent / "templates",
            "taxonomy": taxonomy_pages.TEMPLATES,
            "today": today_pages.TEMPLATES,
            "webhooks": WEBHOOKS_TEMPLATES,
        },
        navigation=NAVIGATION,
        clock=clock,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.clock = clock
    app.state.personas = tuple(personas)
    app.state.templates = templates
    app.state.job_index = JobIndex(index_folder(settings))
    app.state.finders = (job_finder(app.state.job_index, clock), concept_finder(settings))
    app.state.subscriptions = SUBSCRIPTIONS
    install_static(app, templates.assets)
    install_error_pages(app, templates, on_fault=noting_faults(database, clock))
    for router in (
        postings_api,
        saved_searches_api,
        postings_pages,
        taxonomy_api,
        taxonomy_pages.router,
        scim_api,
        people_pages.router,
        launches.api,
        launches.router,
        handover.api,
        handover.router,
        opportunities.api,
        opportunities.router,
        matching.api,
        matching.router,
        profiles.api,
        profiles.router,
        applying.api,
        applying.router,
        rounds.api,
        rounds.router,
        staffing.api,
        staffing.router,
        sign_in_router,
        openid_router,
        openid_own_router,
        administration_router,
        identity_router,
        key_router,
        preference_router,
        recovery_router,
        audit_api,
        audit_pages.router,
        consent_router,
        notify_api,
        notify_pages.router,
        holdings_pages.router,
        holdings_pages.api,
        persons_pages.router,
        decisions_api,
        decisions_pages,
        webhooks_api,
        webhooks_pages,
        today_api,
        today_pages.router,
        finding_pages.router,
        operate_page.api,
        operate_page.router,
        operate_postings,
        health_router(),
        metrics_router(SUBSCRIPTIONS, [gauges(settings), message_gauges]),
    ):
        # Not `include_router`, which makes every route anew for this app at its first request: that took 0.6 s.
        app.router.routes.extend(router.routes)
    app.add_middleware(ReaderLanguage, pseudo=settings.pseudo_locales)
    install_identity(app, settings)
    app.add_middleware(ScimErrors)
    app.add_middleware(ReaderLanguage, pseudo=settings.pseudo_locales)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestTelemetry)
    return app
