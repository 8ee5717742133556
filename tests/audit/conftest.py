"""A service at work on a trail of its own."""

import pytest

from gridsvc.db import make_engine
from tests.conftest import service_of


@pytest.fixture
async def at_work(database_url):
    """Engine on which the service works: not the owner's."""
    engine = make_engine(service_of(database_url).url)
    yield engine
    await engine.dispose()
