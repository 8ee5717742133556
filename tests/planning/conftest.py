"""Planning in tests: the same method with less annealing, which no invariant depends on."""

import pytest

from gridsvc.planning import refine


@pytest.fixture(autouse=True, scope="package")
def short_annealing():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refine, "STEPS_PER_NODE", 300)
        patch.setattr(refine, "STEPS_PER_CELL", 8_000)
        yield
