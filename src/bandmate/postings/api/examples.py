"""Examples for OpenAPI; company, job and people are invented."""

from __future__ import annotations

from typing import Any

_JOB = "3f0c1a8f5be24a6d9c5f7e8b1a2d3c4e5f60718a"
_ORG = "72fe3b06-0d08-4f7d-9dfd-beedeeda0a25"
_BOARD = "8f76458c-d40f-4324-bb14-bb757d1b7058"

JOB: dict[str, Any] = {
    "job_id": _JOB,
    "org_id": _ORG,
    "source_id": _BOARD,
    "board_id": _BOARD,
    "provider": "lever",
    "board": "halfnote",
    "provider_job_key": "0d6c7c53-5f7e-4c5e-9d9b-0a6a1f7a2b11",
    "title": "Sound Engineer",
    "normalized_title": "Sound Engineer",
    "seniority": None,
    "company": "Halfnote",
    "status": "active",
    "active": True,
    "occupation_uri": "http://data.europa.eu/esco/occupation/9a8d5a4e-5f0f-4b0b-9d55-000000000001",
    "occupation_label": "sound engineer",
    "occupation_score": 0.56,
    "skills": [
        {
            "uri": "http://data.europa.eu/esco/skill/9a8d5a4e-5f0f-4b0b-9d55-000000000002",
            "label": "mix recorded sounds",
            "score": 0.71,
        }
    ],
    "skills_version": "8199be6f699a/esco-04e9bfb2b73147ce/1",
    "location_text": "Malmö, Sweden",
    "locations": [
        {
            "raw": "Malmö, Sweden",
            "city": "Malmö",
            "region": "Skåne",
            "country": "Sweden",
            "country_code": "SE",
            "is_remote": False,
            "confidence": 0.98,
        }
    ],
    "country": "Sweden",
    "country_code": "SE",
    "region": "Skåne",
    "city": "Malmö",
    "location_confidence": 0.98,
    "is_remote": False,
    "department": "Studio",
    "team": "Recording",
    "requisition_id": None,
    "employment_type": "Permanent",
    "employment_kind": "full_time",
    "employment_source": "stated",
    "workplace_type": "on_site",
    "workplace_text": "hybrid",
    "workplace_evidence": "two days a week at home",
    "work_model": "on_site",
    "remote_policy": None,
    "salary_raw": "SEK 480000 to 560000 per-year-salary",
    "salary_min": 480000,
    "salary_max": 560000,
    "salary_currency": "SEK",
    "salary_period": "year",
    "salary_source": "stated",
    "language": "en",
    "launch_included": False,
    "launch_reason": "english_us_canada: the country is SE, not US or CA",
    "conflicts": [
        {
            "field": "workplace_type",
            "stated": "on_site",
            "text": "hybrid",
            "quote": "two days a week at home",
            "start": 812,
            "end": 835,
        }
    ],
    "source_url": "https://jobs.example.com/halfnote/0d6c7c53",
    "apply_url": "https://jobs.example.com/halfnote/0d6c7c53/apply",
    "first_seen_at": "2026-05-29T07:00:52.000Z",
    "last_seen_at": "2026-06-10T07:56:48.461Z",
    "last_checked_at": "2026-06-10T07:56:48.461Z",
    "last_changed_at": "2026-05-29T07:00:52.000Z",
    "inactive_at": None,
    "source_posted_at": "2026-05-01T18:25:53.765Z",
    "source_updated_at": None,
    "valid_through": None,
    "unconfirmed_since": None,
    "content_hash": "0f" * 32,
    "source_hash": "a1" * 32,
    "raw_payload_uri": "raw/provider=lever/board=halfnote/date=2026-06-10/"
    f"2026-06-10T07-56-48-461Z-{'c3' * 32}.json",
}

EVENT: dict[str, Any] = {
    "event_id": "5b8f0d57-4c0e-5c8e-8a57-0b3a4f2f9d10",
    "job_id": _JOB,
    "type": "updated",
    "observed_at": "2026-06-03T07:12:09.120Z",
    "field_name": "title",
    "old_value": "Sound Technician",
    "new_value": "Sound Engineer",
    "of_board": False,
}

ORG_FOUND: dict[str, Any] = {"org_id": _ORG, "name": "Halfnote", "open_jobs": 41}
