"""Requests made from the OpenAPI document by schemathesis, and checks of every answer."""

from collections import Counter, defaultdict
from typing import Any
from urllib.parse import unquote

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from batch_dashboard.model.api.operations import OPERATIONS

NARROWING = {"after", "before", "since", "until"}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def values_of_rows(addresses: dict[str, str]) -> dict[str, str]:
    """The values in the paths of rows that exist, by their parameters' names."""
    found: dict[str, str] = {}
    for operation in OPERATIONS:
        path = addresses[operation.name].partition("?")[0]
        named = zip(operation.full_path.split("/"), path.split("/"), strict=False)
        found |= {name[1:-1]: unquote(value) for name, value in named if name.startswith("{")}
    return found


def send_cases(
    schema: Any, requests: int, token: str, existing: dict[str, str]
) -> dict[str, Counter[int]]:
    """The statuses of each operation's answers. Raises for one that breaks the document.

    Half of the requests are made to lead to rows: values in their path exist, and they have neither
    a cursor nor days.
    """
    operations = [result.ok() for result in schema.get_all_operations()]
    turns = [(operation, mode) for operation in operations for mode in _modes(operation)]
    statuses: dict[str, Counter[int]] = defaultdict(Counter)
    for operation, mode in turns:
        examples = -(-requests // len(turns))
        statuses[operation.label] += _send(operation, mode, examples, token, existing)
    return statuses


def _modes(operation: Any) -> list[GenerationMode]:
    # Names in a path are never wrong, only unknown.
    takes_any = any((operation.query, operation.body))
    return list(GenerationMode) if takes_any else [GenerationMode.POSITIVE]


def _send(
    operation: Any, mode: GenerationMode, examples: int, token: str, existing: dict[str, str]
) -> Counter[int]:
    statuses: Counter[int] = Counter()
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}

    @seed(1)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), exists=st.booleans())
    def send(case: Any, exists: bool) -> None:
        if exists:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = existing.get(name, case.path_parameters[name])
            for name in NARROWING & (case.query or {}).keys():
                del case.query[name]
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    send()
    return statuses
