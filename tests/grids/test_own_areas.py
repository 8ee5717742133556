"""Something is laid down only for a division there is, by whoever answers for all of it."""

import pytest

from gridsvc.accounts.identity import Identity
from gridsvc.codes import WHOLE
from gridsvc.errors import BadInput, Forbidden
from gridsvc.grids.own_areas import check_own_area
from tests.towns import COMMUNITY, COUNTY


def somebody(*areas):
    told = {"login": "a", "roles": (), "permissions": frozenset(), "matters": None}
    return Identity(1, areas=areas, person_id=None, person_code=None, via="session", **told)


@pytest.mark.parametrize(
    ("areas", "division", "refusal"),
    [
        ((COUNTY,), COUNTY, None),
        ((COUNTY,), COMMUNITY, None),
        ((COMMUNITY,), COUNTY, Forbidden),
        ((COMMUNITY,), COMMUNITY, None),
        ((), COMMUNITY, Forbidden),
        ((WHOLE,), COUNTY, None),
        ((WHOLE,), WHOLE, BadInput),
        ((COUNTY,), WHOLE, Forbidden),
        ((COUNTY,), f"{COUNTY[:6]}777888", BadInput),
        (None, COMMUNITY, None),
        (None, "110101000000", BadInput),
    ],
)
async def test_a_division_within_the_own_areas(town_session, areas, division, refusal):
    caller = None if areas is None else somebody(*areas)
    if refusal is None:
        await check_own_area(town_session, division, caller)
    else:
        with pytest.raises(refusal):
            await check_own_area(town_session, division, caller)


async def test_what_may_hold_everywhere_needs_somebody_who_answers_for_everything(town_session):
    await check_own_area(town_session, WHOLE, somebody(WHOLE), or_whole=True)
    with pytest.raises(Forbidden):
        await check_own_area(town_session, WHOLE, somebody(COUNTY), or_whole=True)
