"""The page of one posting: what is offered, what became of it, and everything the archive knows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import DecisionId, Explanation, decisions_on, explain
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Anyone, Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.formats import MISSING, number
from bandmate.kernel.web.templating import Pages
from bandmate.postings.domain.lifecycle import ABSENCES_TO_CLOSE, GRACE
from bandmate.postings.json_ld import data_block, job_posting
from bandmate.postings.pages.cards import card, pay
from bandmate.postings.pages.job_skills import occupation_of, seniority_of, skills_of
from bandmate.postings.pages.prose import fitted
from bandmate.postings.pages.slices import slice_address
from bandmate.postings.pages.timeline import steps
from bandmate.postings.pages.words import field_label, language_name, sentence_case, value_label, within
from bandmate.postings.queries import HistoryEvent, JobDetail, job_detail, job_history
from bandmate.postings.reasons import about, conflict_id, step_id
from bandmate.postings.records import RECORD_KEYS, Record

HISTORY_STEPS = 100
API = "/job-postings/v1"

_INSTANTS = frozenset(name for name in RECORD_KEYS if name.endswith(("_at", "_through", "_since")))
_TOPICS = {
    "work_model": later("the work model"),
    "employment_type": later("the employment type"),
    "salary": later("the pay"),
}
"""What the two statements are about that may contradict each other."""
_JOB_ID = re.compile(r"[0-9a-f]{40}")

router = APIRouter()


@router.get("/jobs/{job_id}")
def job_page(
    request: Request,
    asker: Anyone,
    pages: Pages,
    tx: Reading,
    clock: ClockOf,
    job_id: str,
) -> Response:
    """Show one posting, open or closed."""
    if not _JOB_ID.fullmatch(job_id):
        raise NotFound(
            _("“{written}” is no id of a posting; an id is 40 characters, 0-9 and a-f.").format(
                written=job_id[:60]
            )
        )
    detail = job_detail(tx, job_id, clock())
    record = detail.record
    history = job_history(tx, record["job_id"], limit=HISTORY_STEPS + 1)
    shown = steps(history[:HISTORY_STEPS])
    job = about(record["job_id"])
    whys = _whys(tx, asker, record, history)
    step_whys = {
        step: whys[key]
        for step, event in zip(shown, history, strict=False)
        if (key := step_id(job, event.event_id)) in whys
    }
    address = str(request.url_for("job_page", job_id=record["job_id"]))
    return pages.render(
        request,
        "postings/job.html",
        record=record,
        card=card(record),
        times={name: _instant(record[name]) for name in _INSTANTS},
        description=fitted(detail.description_html),
        description_text=detail.description_text,
        occupation=occupation_of(record),
        seniority=seniority_of(record),
        skills=skills_of(detail),
        conflicts=[_conflict(found) for found in record["conflicts"]],
        pay=pay(record),
        pay_source=_pay_source(detail),
        employment=_employment(record),
        language=language_name(record["language"]) if record["language"] else MISSING,
        slices=_slices(record),
        steps=shown,
        step_whys=step_whys,
        closed_why=next((why for step, why in step_whys.items() if step.closed), None),
        conflict_whys=[whys.get(conflict_id(job, found)) for found in record["conflicts"]],
        more_steps=len(history) > HISTORY_STEPS,
        absences=ABSENCES_TO_CLOSE,
        grace_hours=int(GRACE.total_seconds() // 3600),
        rows=[_row(name, value) for name, value in record.items()],
        event_fields=_event_fields(record, history),
        parsed=_pretty(_parsed(detail)),
        native=_pretty(detail.native),
        requests=_requests(record),
        run_href=_run_href(record),
        ld=data_block(job_posting(detail, address=address)),
        address=address,
    )


def _whys(tx: Tx, asker: Asker, record: Record, history: Sequence[HistoryEvent]) -> dict[DecisionId, Explanation]:
    """Return the reasons behind closings, reopenings and conflicts; most postings have none of these."""
    if not record["conflicts"] and not any(event.type in {"closed", "reopened"} for event in history):
        return {}
    page = decisions_on(tx, about(record["job_id"]), asker=asker, limit=2 * HISTORY_STEPS)
    return {case.decision.decision_id: explain(case, asker.person_id) for case in page.items}


def _instant(written: str | None) -> datetime | None:
    return parse_rfc3339(written) if written else None


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where the provider's field and the text disagree."""

    topic: str
    stated: str
    text: str
    quote: str


def _conflict(found: dict[str, Any]) -> Conflict:
    names = {"workplace_type": "work_model"}
    field = names.get(found["field"], found["field"])
    return Conflict(
        topic=_(_TOPICS.get(field, sentence_case(field).lower())),
        stated=value_label(field, found["stated"]) if found["stated"] else _("nothing"),
        text=within(value_label(field, found["text"])),
        quote=found["quote"],
    )


def _pay_source(detail: JobDetail) -> str | None:
    if detail.record["salary_source"] != "text":
        return _("As stated by the board.") if detail.record["salary_source"] == "stated" else None
    return _("Read from the text: “{quote}”").format(quote=detail.evidence["salary"]["quote"])


def _employment(record: Record) -> tuple[str, str | None]:
    """Return the employment type in words, and where it was read when the board does not state it."""
    if record["employment_source"] == "assumed":
        return value_label("employment_type", record["employment_kind"]), _(
            "Assumed: neither board nor text says."
        )
    if record["employment_source"] == "stated":
        kind = value_label("employment_type", record["employment_kind"] or record["employment_type"])
        stated = record["employment_type"]
        return kind, None if stated.lower() == kind.lower() else _("Stated as “{words}”.").format(words=stated)
    return value_label("employment_type", record["employment_type"]), _("Read from the title or the text.")


def _slices(record: Record) -> list[tuple[str, str]]:
    """Return the slices this posting lies in: what to look at next."""
    company = record["company"]
    found = [(_("All open jobs at {company}").format(company=company), slice_address(org_id=(record["org_id"],)))]
    if record["city"]:
        found.append((_("Jobs in {place}").format(place=record["city"]), slice_address(city=(record["city"],))))
    if record["department"]:
        found.append(
            (
                _("{department} at {company}").format(department=record["department"], company=company),
                slice_address(org_id=(record["org_id"],), department=(record["department"],)),
            )
        )
        anywhere = _("{department} jobs anywhere").format(department=record["department"])
        found.append((anywhere, slice_address(department=(record["department"],))))
    if record["work_model"]:
        label = value_label("work_model", record["work_model"])
        found.append(
            (_("{work_model} jobs").format(work_model=label), slice_address(work_model=(record["work_model"],)))
        )
    name = value_label("provider", record["provider"])
    found.append((_("Jobs on {provider}").format(provider=name), slice_address(provider=(record["provider"],))))
    return found


def _row(name: str, value: Any) -> tuple[str, str]:
    """Return a key of the record with its value as text."""
    return field_label(name), _plain(name, value)


def _plain(name: str, value: Any) -> str:
    if value is None or value == []:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name in _INSTANTS:
        return f"{value[:10]} {value[11:19]}Z"
    if isinstance(value, int | float):
        return number(value, 0 if float(value).is_integer() else 2)
    return value if isinstance(value, str) else _pretty(value)


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _event_fields(record: Record, history: Sequence[HistoryEvent]) -> list[tuple[str, str]]:
    """Return what the last event about this posting carries, times to the millisecond."""
    event = next((step.as_json(record["job_id"]) for step in history), {})
    about = {
        name: record[name] for name in ("org_id", "source_id", "content_hash", "source_hash", "last_changed_at")
    }
    return [
        (field_label(name), MISSING if value is None else _text(value)) for name, value in (event | about).items()
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(detail: JobDetail) -> dict[str, Any]:
    """Return what was read from the provider's fields and the text, with its evidence."""
    record = detail.record
    return {
        "language": record["language"],
        "location": {
            "raw": record["location_text"],
            **{name: record[name] for name in ("city", "region", "country", "country_code", "is_remote")},
            "confidence": record["location_confidence"],
        },
        "locations": record["locations"],
        **{
            name: record[name]
            for name in (
                "normalized_title",
                "seniority",
                "occupation_uri",
                "occupation_label",
                "occupation_score",
                "employment_type",
                "employment_kind",
                "employment_source",
                "workplace_type",
                "workplace_text",
                "work_model",
                "remote_policy",
                "salary_min",
                "salary_max",
                "salary_currency",
                "salary_period",
                "salary_source",
            )
        },
        "launch_scope": {"included": record["launch_included"], "reason": record["launch_reason"]},
        "conflicts": record["conflicts"],
        "evidence": detail.evidence,
    }


def _requests(record: Record) -> list[tuple[str, str]]:
    return [
        (_("This job"), f"{API}/jobs/{record['job_id']}?include=description,evidence"),
        (_("Its lifecycle events"), f"{API}/jobs/{record['job_id']}/events"),
        (_("Its company"), f"{API}/orgs/{record['org_id']}"),
        (_("Its source"), f"{API}/sources/{record['source_id']}"),
    ]


def _run_href(record: Record) -> str | None:
    """Return where operators download the answer that last held this posting."""
    if record["raw_payload_uri"] is None:
        return None
    return f"/boards/{record['board_id']}/runs/{record['last_seen_at']}/payload"
