"""What the OpenAPI document says can be asked for, asked for in odd ways: never a 5xx."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from service_process import PATIENCE_S

from sar_models.service.app import make_api

if TYPE_CHECKING:
    import httpx
    from service_process import Server

# Streams of all jobs have no end; they have tests of their own.
SCHEMA = schemathesis.openapi.from_dict(make_api().openapi()).exclude(path_regex="stream$")


@SCHEMA.parametrize()
@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_nothing_that_is_asked_for_ends_in_an_internal_error(
    case: Case, server: Server, alignment: str
) -> None:
    # A made-up id is not there: with one that is, more than its absence is tried.
    if case.path_parameters and "alignment" in case.path_parameters:
        case.path_parameters["alignment"] = alignment
    answer = case.call(base_url=server.url, headers=server.headers, timeout=PATIENCE_S)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and case.method != "HEAD":
        assert answer.headers["content-type"][0].startswith(("application/problem+json", "text/"))


def test_the_document_is_that_of_the_server(client: httpx.Client) -> None:
    assert client.get("/v1/openapi.json").json() == json.loads(json.dumps(make_api().openapi()))


def test_every_body_has_an_example_and_every_route_words() -> None:
    document = make_api().openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            assert operation["tags"], (method, path)
            if "requestBody" in operation:
                content = operation["requestBody"]["content"]["application/json"]
                schema = content["schema"]
                if "$ref" in schema:
                    schema = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
                assert "example" in content or schema["examples"], (method, path)
