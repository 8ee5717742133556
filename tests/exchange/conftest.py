"""Four houses for the doors, and the independent evaluator for the tests on real extracts."""

from pathlib import Path

import geopandas as gpd
import pytest

from tests.exchange.paper import degrees, frame, square


@pytest.fixture
def houses() -> gpd.GeoDataFrame:
    shapes = [degrees(square(30 * k, 0, 20)) for k in range(4)]
    return frame(shapes, 4326, households=[4, 0, 12, 7], name=["甲", "乙", "丙", "丁"])


@pytest.fixture(scope="session")
def evaluator(shared_data: Path) -> Path:
    """A judge of partitions that shares no code with gridsvc."""
    script = shared_data.parent / "tools" / "eval_partition.py"
    if not script.is_file():
        pytest.skip(f"the independent evaluator is not here: {script}")
    return script
