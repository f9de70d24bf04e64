"""What reading facts from postings costs, and what it is worth on the recorded Ashby boards.

    python benchmarks/extraction.py [--shared ../shared] [--jobs jobs.ndjson]

Prints CPU milliseconds a posting for every function (over all postings of ``ashby-blind``, whose texts are about
5 kB) and the time of the first call, which loads the gazetteer. With ``--jobs`` it writes what the functions say,
for the scorer that lies beside the recorded boards:

    python score_extraction.py jobs.ndjson truth/ashby_truth.ndjson.gz

The employment type is "full_time" where the functions say nothing, unless ``--no-default`` is given.

    python benchmarks/extraction.py --sample

counts how often the work model and the salary of the fictional sample boards are read as they were meant.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bandmate.engines import extraction
from bandmate.postings.sample.advert import Advert
from bandmate.postings.sample.composing import compose
from bandmate.postings.sample.reading import Company, adverts, companies

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Posting:
    """The parts of a recorded posting that hold prose."""

    job_id: str
    title: str
    locations: tuple[str, ...]
    html: str


class Stopwatch:
    """CPU seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def __call__(self, name: str, function: Callable[..., T], *arguments: Any) -> T:
        """The answer of ``function``, its time added under ``name``."""
        began = time.process_time()
        result = function(*arguments)
        self.seconds[name] += time.process_time() - began
        return result


def postings(archive: Path) -> Iterator[Posting]:
    """All postings of a raw archive of Ashby boards."""
    for line in (archive / "runs.ndjson").read_text().splitlines():
        run = json.loads(line)
        path = archive / run["path"]
        payload = json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        for job in payload["jobs"]:
            key = f"{run['provider']}|{run['board']}|{job['id']}"
            others = [place["location"] for place in job.get("secondaryLocations") or []]
            yield Posting(
                hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest(),
                job["title"],
                (job.get("location") or "", *others),
                job.get("descriptionHtml") or "",
            )


def facts(posting: Posting, watch: Stopwatch, default: str | None) -> dict[str, Any]:
    """What the functions say about a posting, in the scorer's words."""
    text = watch("to_text", extraction.to_text, posting.html)
    watch("sanitise", extraction.sanitise, posting.html)
    watch("detect_language", extraction.detect_language, text)
    places = [
        place
        for string in posting.locations
        for place in watch("parse_location", extraction.parse_location, string)
    ]
    country = next((place.country_code for place in places if place.country_code), None)
    salary = watch("find_salary", extraction.find_salary, text, country)
    employment = watch("find_employment_type", extraction.find_employment_type, posting.title, text)
    workplace = watch("find_workplace", extraction.find_workplace, text)
    stated = (extraction.workplace_from_location(words) for words in (posting.locations[0], posting.title))
    model = next((value for value in stated if value), workplace.value if workplace else None)
    return {
        "job_id": posting.job_id,
        "country_code": country,
        "salary_min": float(salary.minimum) if salary and salary.minimum is not None else None,
        "salary_max": float(salary.maximum) if salary and salary.maximum is not None else None,
        "salary_currency": salary.currency if salary else None,
        "salary_period": salary.period if salary else None,
        "employment_type": employment.value if employment else default,
        "is_remote": model == "remote",
    }


def sample_score() -> str:
    """How often the work model and the salary of a sample posting are read from its text as they were meant."""
    models = salaries = stated = invented = 0
    postings_of = [(company, advert) for company in companies() for advert in adverts(company.board)]
    for company, advert in postings_of:
        text = _sample_text(advert, company)
        workplace = extraction.find_workplace(text)
        models += workplace is not None and workplace.value.replace("_", "") == advert.practice
        country = extraction.country_code_of(advert.place.country)
        salary = extraction.find_salary(text, country)
        if advert.pay is None or not advert.pay.in_text:
            invented += salary is not None
            continue
        stated += 1
        meant = (advert.pay.low, advert.pay.high, advert.pay.currency, advert.pay.period)
        salaries += salary is not None and meant == (
            float(salary.minimum or 0),
            float(salary.maximum or 0),
            salary.currency,
            salary.period,
        )
    return (
        f"work model right on {models} of {len(postings_of)}; salary right on {salaries} of {stated} "
        f"that state one, {invented} made up"
    )


def _sample_text(advert: Advert, company: Company) -> str:
    body = compose(advert, company)
    sections = [line for section in body.sections for line in (section.heading, *section.points)]
    pay = (body.pay,) if body.pay else ()
    return "\n\n".join((*body.opening, *body.body, *sections, *body.practical, *pay, *body.closing))


def main(arguments: list[str]) -> None:
    """Measure, and write the facts where asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--jobs", type=Path, help="write the facts here, one JSON object a line")
    parser.add_argument(
        "--no-default", action="store_true", help="leave the employment type open where nothing is said"
    )
    parser.add_argument("--sample", action="store_true", help="score the fictional sample boards instead")
    options = parser.parse_args(arguments)
    if options.sample:
        print(sample_score())
        return
    archive = options.shared / "postings" / "ashby-blind"
    if not archive.is_dir():
        sys.exit(f"The recorded boards are not at {archive}; say with --shared where they are.")
    watch = Stopwatch()
    watch("first call", extraction.parse_location, "Oslo")
    all_postings = list(postings(archive))
    default = None if options.no_default else "full_time"
    lines = [json.dumps(facts(posting, watch, default)) for posting in all_postings]
    print(f"{len(lines)} postings; first call {watch.seconds.pop('first call'):.2f} s")
    for name, seconds in watch.seconds.items():
        print(f"{name:22} {seconds / len(lines) * 1000:6.3f} ms a posting")
    print(f"{'together':22} {sum(watch.seconds.values()) / len(lines) * 1000:6.3f} ms a posting")
    if options.jobs:
        options.jobs.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
