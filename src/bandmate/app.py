"""The web application: the rooms put together, no logic of its own."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI

from bandmate import __version__, postings
from bandmate.kernel import consent, identity
from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.consent.pages import router as consent_router
from bandmate.kernel.database.session import Database
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.identity.middleware import install_identity
from bandmate.kernel.identity.pages import router as identity_router
from bandmate.kernel.telemetry.health import health_router
from bandmate.kernel.telemetry.metrics import metrics_router
from bandmate.kernel.telemetry.requests import RequestTelemetry
from bandmate.kernel.web.assets import install_static
from bandmate.kernel.web.head import HeadAsGet
from bandmate.kernel.web.problems import install_error_pages
from bandmate.kernel.web.security import SecurityHeaders
from bandmate.kernel.web.templating import NavItem, Templates
from bandmate.postings.api import router as postings_api
from bandmate.postings.gauges import gauges
from bandmate.postings.indexing import index_folder
from bandmate.postings.pages import router as postings_pages
from bandmate.postings.reading_index import JobIndex

SUBSCRIPTIONS: tuple[Subscription, ...] = ()
"""Who hears events; the search index follows the log by itself (``postings.indexing``)."""

NAVIGATION = (
    NavItem("Jobs", "/jobs", "briefcase"),
    NavItem("Companies", "/companies", "building-2"),
    NavItem("Boards", "/boards", "database", role="operator"),
)


def create_app(settings: Settings, database: Database, *, clock: Clock = system_clock) -> FastAPI:
    """Build the application over an open, migrated database."""
    app = FastAPI(
        title="Bandmate",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    templates = Templates(
        folders={
            "consent": Path(consent.__file__).parent / "templates",
            "identity": Path(identity.__file__).parent / "templates",
            "postings": Path(postings.__file__).parent / "templates",
        },
        navigation=NAVIGATION,
        clock=clock,
    )
    app.state.settings = settings
    app.state.database = database
    app.state.clock = clock
    app.state.templates = templates
    app.state.job_index = JobIndex(index_folder(settings))
    install_static(app, templates.assets)
    install_error_pages(app, templates)
    for router in (
        postings_api,
        postings_pages,
        identity_router,
        consent_router,
        health_router(),
        metrics_router(SUBSCRIPTIONS, [gauges(settings)]),
    ):
        app.include_router(router)
    install_identity(app, settings)
    app.add_middleware(HeadAsGet)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(RequestTelemetry)
    return app
