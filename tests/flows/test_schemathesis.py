"""The whole OpenAPI document, tried with generated requests by every role, over a real wire."""

from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.transport.serialization import serialize_binary

from gridsvc.accounts.roles import Role
from gridsvc.db import make_engine
from gridsvc.events.voices import MEDIA_TYPES
from tests.conftest import SETTLED, copy_of
from tests.live import served
from tests.neighbours import make_neighbours
from tests.who import bearer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
#: Requests tried for each operation and role, of such as are right, and of such as are not; whoever
#: may not call it is refused whatever is sent.
EXAMPLES, REFUSED = 3, 1
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@schemathesis.serializer(*MEDIA_TYPES)
def recording(_, value):
    """Voice notes go out as the bytes they are, like pictures."""
    return serialize_binary(value)


@pytest.fixture(scope="module")
async def neighbourhood(cluster):
    """URL of a database with two full counties, and ours."""
    async with copy_of(cluster, SETTLED) as url:
        engine = make_engine(url)
        own, _ = await make_neighbours(engine)
        await engine.dispose()
        yield url, own


@pytest.fixture(scope="module")
def address(neighbourhood):
    with served(neighbourhood[0]) as address:
        yield address


@pytest.fixture(scope="module")
def operations(address):
    """Every operation of the document, ready to make requests."""
    api = schemathesis.openapi.from_url(f"{address}/openapi.json", timeout=120)
    found = [result.ok() for result in api.get_all_operations()]
    # Stays open, as long as it is asked to.
    found = [operation for operation in found if operation.path != "/api/live"]
    assert len(found) > 30
    return found


@pytest.mark.parametrize("role", Role)
def test_every_answer_is_as_the_document_says(operations, neighbourhood, role):
    headers = bearer(neighbourhood[1].accounts[role])
    failures, statuses = {}, Counter()
    for operation in operations:
        refused = role not in (operation.definition.raw.get("x-roles") or Role)
        for mode in MODES:
            cases = operation.as_strategy(generation_mode=mode)
            try:
                attempts(cases, headers, statuses, REFUSED if refused else EXAMPLES)()
            except (FailureGroup, Failure) as failure:
                failures[f"{operation.label} {mode.value}"] = str(failure)[:600]
            except Unsatisfiable:
                pass  # nothing about this operation can be sent wrongly
    assert failures == {}
    assert statuses.total() >= len(operations)
    assert statuses[200] > 0  # refusals alone would prove little
    assert statuses[403] + statuses[422] > 0


def attempts(cases, headers, statuses, examples):
    """A function that sends generated requests and compares each answer with the document."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def attempt(case):
        answer = case.call(headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    return attempt
