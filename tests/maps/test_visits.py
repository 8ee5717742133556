"""Themes of visits and stars: every share with its parts, and nothing known is not nothing done."""

import pandas as pd

from gridsvc.maps.themes import NO_FIGURE
from gridsvc.maps.visits import stars, unvisited, visited
from tests.outreach.visits import a_visit, a_worker, begun, settle_homes
from tests.towns import COMMUNITY, COUNTY


def homes(**columns):
    return pd.DataFrame(columns, index=["a", "b", "c"])


def test_a_share_is_visited_of_those_to_visit_and_nobody_to_visit_is_no_share():
    theme = visited(homes(households=[40, 0, 10], visited=[10, 0, 10]), "网格普访", 90)
    assert theme.columns["visited_share"].tolist() == ["25", "—", "100"]
    assert theme.fills[theme.level["b"]] == NO_FIGURE
    assert "20 户 ÷ 应访 50 户" in theme.note
    assert sum(theme.counts) == 3


def test_overdue_households_add_up_and_none_is_a_class_of_its_own():
    theme = unvisited(homes(overdue=[3, 0, 5]), "网格普访")
    assert dict(theme.rows) == {"合计": "8 户"}
    assert theme.labels[theme.level["b"]] == "没有"
    assert theme.counts[-1] == 1


def test_stars_are_told_by_grid_and_unrated_ones_are_none():
    told = homes(
        grid_code=["g1", "g1", "g2"],
        stars=[4, 4, None],
        points=[80.0, 80.0, None],
        since=["2026-10-01", "2026-10-01", None],
        until=["2026-11-01", "2026-11-01", None],
    )
    theme = stars(told)
    assert [theme.labels[n] for n in theme.level] == ["4 星", "4 星", "没有评星"]
    assert dict(theme.rows) == {"已评星网格": "1 / 2"}
    assert "2026-10-01 至 2026-11-01" in theme.note


def test_every_word_has_its_english():
    figures = homes(households=[40, 0, 10], visited=[10, 0, 10], overdue=[3, 0, 5])
    for theme in (visited(figures, "p", 90), unvisited(figures, "p")):
        for word in (*theme.labels, theme.note, *(field.label for field in theme.fields)):
            assert word in theme.english


async def test_the_map_counts_the_households_of_the_programmes_own_area(client, town):
    homes = await settle_homes(town)
    worker = await a_worker(town)
    season = await begun(client)
    await begun(client, code="others", whom="linked", every_days=7)
    made = await client.post("/api/visits", json=a_visit(season, homes[0]), headers=worker)
    assert made.status_code == 201, made.text
    for division in (COUNTY, COMMUNITY):
        asked = {"division": division, "layers": "visited,unvisited,stars"}
        page = (await client.get("/maps/coverage", params=asked)).text
        assert f"近 90 天走访 1 户 ÷ 应访 {len(homes)} 户" in page
        assert f"{len(homes) - 1} 户" in page


async def test_without_a_programme_the_map_says_so(client, town):
    page = (await client.get("/maps/coverage", params={"layers": "visited,unvisited"})).text
    assert "没有走访方案" in page
