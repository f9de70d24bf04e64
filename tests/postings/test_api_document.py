"""The API's description: OpenAPI, docs/api.md and real answers agree."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import orjson
import pytest
from pydantic import BaseModel
from tests.postings.api_world import ROOT, World, world_of

from bandmate.postings.api import examples, schemas
from bandmate.postings.api.parameters import Filters, JobSearch
from bandmate.postings.job_query import JobQuery
from bandmate.postings.records import RECORD_KEYS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
HEADING = re.compile(r"^### `(?P<method>[A-Z]+) (?P<path>[^`]+)`$", re.MULTILINE)
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


@pytest.fixture(scope="module")
def world(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The application over a small history of two boards."""
    with world_of(database_url, tmp_path_factory.mktemp("api")) as made:
        yield made


@pytest.fixture(scope="module")
def operations(world: World) -> dict[tuple[str, str], dict[str, Any]]:
    """The API's operations in OpenAPI, by method and path."""
    return {
        (method.upper(), path): operation
        for path, item in world.app.openapi()["paths"].items()
        if path.startswith(ROOT)
        for method, operation in item.items()
    }


class TestPage:
    """docs/api.md."""

    def test_every_route_is_documented(self, operations: dict[tuple[str, str], Any]) -> None:
        """Each operation has a heading, and each heading an operation."""
        assert {(found["method"], found["path"]) for found in HEADING.finditer(PAGE)} == set(operations)

    def test_every_search_parameter_is_documented(self) -> None:
        """The table names each parameter, and no other."""
        table = PAGE.partition("| Parameter | Meaning |")[2].partition("\n\n")[0]
        rows = [row.split("|")[1:3] for row in table.splitlines() if row.startswith("| `")]
        named = {name for first, _ in rows for name in re.findall(r"`(\w+)`", first)}
        named |= set(re.findall(r"`(\w+)`\*", table))
        assert named == set(JobSearch.model_fields)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_every_example_works(self, world: World, command: str) -> None:
        """The curl commands of the page are answered 200."""
        record = world.records[0]
        for name in ("JOB", "ORG", "SOURCE"):
            command = command.replace(f"${name}", str(record[f"{name.lower()}_id"]))
        method, address, body, headers = curl(command)
        answered = world.client.request(method, address, content=body, headers=headers)
        assert answered.status_code == 200, answered.text


def curl(command: str) -> tuple[str, str, str | None, dict[str, str]]:
    """Read the few options of curl that the page uses: method, path, body, headers."""
    program, *words = shlex.split(command)
    assert program == "curl"
    address, data, headers, in_address = "", [], {}, False
    options = iter(words)
    for word in options:
        if word == "-G":
            in_address = True
        elif word == "-H":
            name, _, value = next(options).partition(": ")
            headers[name] = value
        elif word == "-d":
            data.append(next(options))
        elif word == "--data-urlencode":
            name, _, value = next(options).partition("=")
            data.append(f"{name}={quote_plus(value)}")
        elif word != "-i":
            address = word
    assert address.startswith(ADDRESS)
    path = address.removeprefix(ADDRESS)
    if in_address:
        return "GET", f"{path}?{'&'.join(data)}", None, headers
    return ("POST", path, data[0], headers) if data else ("GET", path, None, headers)


class TestOpenApi:
    """What OpenAPI says."""

    def test_parameters_are_those_of_a_query(self) -> None:
        """The names documented are those that are read."""
        assert set(Filters.model_fields) == {field.name for field in fields(JobQuery)} - {"sort"} | {"active"}

    def test_address_and_body_have_the_same_names(self, operations: dict[tuple[str, str], Any]) -> None:
        """What GET takes as parameters, POST takes as fields."""
        operation = operations["GET", f"{ROOT}/jobs/search"]
        assert {p["name"] for p in operation["parameters"] if p["in"] == "query"} == set(JobSearch.model_fields)

    def test_every_operation_explains_itself(self, operations: dict[tuple[str, str], Any]) -> None:
        """Each has a name, a description, described parameters, a typed answer and problem documents."""
        for place, operation in operations.items():
            assert re.fullmatch(r"[a-z_]+", operation["operationId"]), place
            assert operation["description"], place
            assert all(p["description"] for p in operation.get("parameters", ()) if p["in"] == "query"), place
            assert "$ref" in operation["responses"]["200"]["content"]["application/json"]["schema"], place
            assert "application/problem+json" in operation["responses"]["422"]["content"], place

    @pytest.mark.parametrize(
        ("model", "example"),
        [
            (schemas.Job, examples.JOB),
            (schemas.HistoryEvent, examples.EVENT),
            (schemas.OrgFound, examples.ORG_FOUND),
        ],
    )
    def test_examples_fit(self, model: type[BaseModel], example: dict[str, Any]) -> None:
        """What OpenAPI shows as an example is valid."""
        model.model_validate_json(orjson.dumps(example), strict=True)

    def test_a_job_has_the_keys_of_a_record(self) -> None:
        """No key of the record is undocumented, none is documented that does not exist, and the order is kept."""
        assert tuple(schemas.Job.model_fields) == RECORD_KEYS == tuple(examples.JOB)


class TestAnswers:
    """Real answers against their described shapes: no field missing, none left over."""

    def test_every_record_fits(self, world: World) -> None:
        """Each posting alone with all its parts, and its history."""
        for record in world.records:
            path = f"/jobs/{record['job_id']}"
            job = world.get(path, {"include": "description,native,evidence"})
            schemas.JobAnswer.model_validate_json(job.content, strict=True)
            schemas.HistoryAnswer.model_validate_json(world.get(f"{path}/events").content, strict=True)

    @pytest.mark.parametrize(
        ("model", "path"),
        [
            (schemas.SearchAnswer, "/jobs/search?limit=100"),
            (schemas.SearchAnswer, "/jobs/search?q=engineer&facets=city"),
            (schemas.FacetAnswer, "/jobs/facets"),
            (schemas.OrgsAnswer, "/orgs/lookup?name=a"),
            (schemas.OrgAnswer, "/orgs/{org_id}"),
            (schemas.SourceAnswer, "/sources/{source_id}"),
            (schemas.TotalsAnswer, "/totals"),
        ],
    )
    def test_every_other_answer_fits(self, world: World, model: type[BaseModel], path: str) -> None:
        """For each company and source there is."""
        for record in {record["source_id"]: record for record in world.records}.values():
            model.model_validate_json(world.get(path.format_map(record)).content, strict=True)
