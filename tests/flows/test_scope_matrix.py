"""The database is the last line: role × area × table, nothing of another area is ever there."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gridsvc.accounts.identity import Identity
from gridsvc.accounts.roles import OWN_REPORTS_ONLY, PERMISSIONS, Role
from gridsvc.codes import WHOLE
from gridsvc.db import NOWHERE, Scope, make_engine, transaction
from tests.conftest import SETTLED, copy_of, service_of
from tests.neighbours import FOREIGN_COMMUNITY, FOREIGN_COUNTY, make_neighbours
from tests.towns import COMMUNITY, COUNTY

#: The area a row of each table belongs to, told by the owner, who sees everything.
AREA_OF = {
    "division": "code",
    **dict.fromkeys(
        (
            *("building", "household", "barrier", "site", "plan", "grid", "micro_grid"),
            *("zone", "seed_point", "department_grid"),
            *("person", "person_power", "workload", "position", "account", "event"),
            *("event_history", "event_media", "assignment", "audit_entry"),
            *("event_stage", "escalation", "suspension", "cancel_number", "publication"),
            *("duplicate_link", "citizen_report", "event_voice"),
            *("track", "device", "shift", "duty_change", "posting", "training"),
            *("unit", "unit_entry", "delegation", "list_version"),
            *("road_graph", "road_condition", "road_condition_history"),
            *("channel", "subscription", "notice", "delivery"),
            *("plan_draft", "draft_cell", "draft_revision", "draft_comment", "draft_task"),
            *("whistle_call", "whistle_unit", "whistle_history", "whistle_escalation"),
            *("service_point", "handover", "briefing"),
            *("visit_programme", "visit_link", "visit"),
            *("village_window", "registration", "work_order", "order_history"),
            "order_escalation",
            *("reception_cycle", "reception", "reception_milestone", "reception_item"),
            "reception_history",
            *("community_group", "group_area", "group_member", "standard", "finding"),
            *("register_history", "project_programme", "project", "project_holder"),
            *("project_entry", "project_score", "mediation", "mediation_party"),
            *("deliberation", "motion", "building_care", "repair_pack", "repair"),
            "repair_booking",
            *("warning_scene", "risk_warning", "warning_history", "warning_escalation"),
            *("indicator", "declaration", "daily_count", "counted_event"),
            *("survey_scheme", "survey_wave", "survey_stratum", "survey_link", "survey_caller"),
            *("survey_answer", "rectification", "rectification_history", "reward_rule", "reward"),
            *("ledger_account", "ledger_transaction", "ledger_entry"),
            *("photo_hash", "spot_check", "star_rule", "star_rating"),
            *("place_device", "alarm", "broadcast"),
            *("appraisal_scheme", "appraisal_round", "appraisal_score", "appraisal_history"),
        ),
        "division_code",
    ),
    **{
        f"{level}_{table}": f"(SELECT division_code FROM {level} WHERE id = {level}_id)"
        for level in ("grid", "micro_grid")
        for table in ("post", "predecessor")
    },
    **dict.fromkeys(
        ("account_area", "account_matter", "login_session", "api_key", "position_batch"),
        "(SELECT division_code FROM account WHERE id = account_id)",
    ),
}
#: What a community may know of the county it lies in: its name, its units and its lists.
FROM_ABOVE = {
    *("division", "unit", "unit_entry", "delegation", "list_version", "indicator", "survey_scheme"),
    *("star_rule", "appraisal_scheme", "appraisal_round", "department_grid"),
    *("community_group", "group_area", "standard", "project_programme", "repair_pack"),
}
#: What accounts may be limited to, and whether our county's rows are then to be seen.
AREAS = {
    "own community": ((COMMUNITY,), True),
    "own county": ((COUNTY,), True),
    "two areas, one of them ours": (("350000000000", COUNTY), True),
    "a community beside ours": (("990101001002",), False),
    "the county before": (("990100000000",), True),  # the whole city: ours is in it
    "none": ((), False),
}


@pytest.fixture(scope="module")
async def sides(cluster):
    """URL of a database with both counties, and what is in them."""
    async with copy_of(cluster, SETTLED) as url:
        engine = make_engine(url)
        own, foreign = await make_neighbours(engine)
        yield url, own, foreign
        await engine.dispose()


@pytest.fixture(scope="module")
async def at_work(sides):
    engine = make_engine(service_of(sides[0]).url)
    yield engine
    await engine.dispose()


@pytest.fixture(scope="module")
async def owner(sides):
    engine = make_engine(sides[0])
    yield engine
    await engine.dispose()


def identity(role, areas, account_id):
    return Identity(
        account_id=account_id,
        login="x",
        roles=(role,),
        permissions=PERMISSIONS[role],
        areas=areas,
        matters=("E01",) if role is Role.DEPARTMENT else None,
        person_id=None,
        person_code=None,
        via="token",
    )


async def rows(engine, scope, table):
    """Every row of a table that a scope shows, as text."""
    async with transaction(engine, scope) as session:
        return set(await session.scalars(text(f"SELECT t::text FROM {table} t")))


@pytest.fixture(scope="module")
async def belongings(owner):
    """Rows of every table as text, by the county they belong to."""
    found = {}
    async with owner.connect() as connection:
        for table, area in AREA_OF.items():
            told = await connection.execute(
                text(f"SELECT t::text AS row, left({area}, 4) AS county FROM {table} t")
            )
            for row, county in told:
                found.setdefault((table, county), set()).add(row)
    return found


async def test_every_table_with_an_area_is_guarded_and_in_this_matrix(owner):
    async with owner.connect() as connection:
        guarded = set(
            await connection.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
                    " AND relnamespace = 'public'::regnamespace"
                )
            )
        )
        with_area = set(
            await connection.scalars(
                text(
                    "SELECT table_name FROM information_schema.columns"
                    " WHERE table_schema = 'public' AND column_name IN ('division_code',"
                    " 'account_id', 'person_id', 'event_id', 'grid_id', 'micro_grid_id')"
                )
            )
        )
    assert with_area | {"division"} == guarded == set(AREA_OF)


async def test_both_counties_have_rows_in_every_table(belongings):
    for table in AREA_OF:
        for county in ("9901", "9902"):
            assert belongings[table, county], f"{table} {county}"


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("role", Role)
async def test_nothing_of_another_area_is_seen(at_work, belongings, sides, role, area):
    codes, ours_is_in_it = AREAS[area]
    scope = identity(role, codes, sides[1].accounts[role]).scope
    for table in AREA_OF:
        seen = await rows(at_work, scope, table)
        assert not seen & belongings[table, "9902"], f"{role} with {area} sees foreign {table}"
        own = belongings[table, "9901"]
        if not ours_is_in_it:
            assert table in FROM_ABOVE or not seen & own
        elif codes == (COUNTY,) and role not in {*OWN_REPORTS_ONLY, Role.DEPARTMENT}:
            assert own <= seen, f"{role} does not see all of its own {table}"


@pytest.mark.parametrize("role", sorted(OWN_REPORTS_ONLY))
async def test_citizens_and_partners_see_their_own_reports_only(at_work, sides, role):
    own = sides[1]
    scope = identity(role, (COUNTY,), own.accounts[role]).scope
    async with transaction(at_work, scope) as session:
        reporters = set(await session.scalars(text("SELECT reported_by FROM event")))
        for table in ("event_history", "event_media", "assignment"):
            events = set(await session.scalars(text(f"SELECT event_id FROM {table}")))
            assert events <= ({own.event} if role is Role.CITIZEN else set()), table
    assert reporters == ({own.accounts[role]} if role is Role.CITIZEN else set())


async def test_a_department_sees_its_matters_only(at_work, owner, sides):
    for matters, expected in ((("E01",), 3), (("E02",), 0), ((), 0)):
        scope = Scope((("990101000000", "990102000000"),), matters=matters)
        async with transaction(at_work, scope) as session:
            assert await session.scalar(text("SELECT count(*) FROM event")) == expected
            moves = await session.scalar(text("SELECT count(*) FROM event_history"))
            assert (moves > 0) == (expected > 0)


@pytest.mark.parametrize("table", sorted(set(AREA_OF) - {"audit_entry"}))
async def test_nothing_foreign_is_changed_or_taken_away(at_work, owner, belongings, table):
    scope = Scope((("990101000000", "990102000000"),))
    statements = [f"DELETE FROM {table}"]
    async with owner.connect() as connection:
        column = await connection.scalar(
            text(
                "SELECT column_name FROM information_schema.column_privileges"
                f" WHERE grantee = 'gridsvc_service' AND table_name = '{table}'"
                " AND privilege_type = 'UPDATE' AND column_name NOT IN ('division_code')"
                " ORDER BY column_name LIMIT 1"
            )
        )
    if column:
        statements.append(f"UPDATE {table} SET {column} = {column}")
    for statement in statements:
        async with at_work.connect() as connection:
            await connection.execute(
                text(
                    "SELECT set_config('gridsvc.low', :low, true),"
                    " set_config('gridsvc.high', :high, true),"
                    " set_config('gridsvc.areas', '*', true),"
                    " set_config('gridsvc.reporter', '*', true),"
                    " set_config('gridsvc.matters', '*', true)"
                ),
                {"low": scope.ranges[0][0], "high": scope.ranges[0][1]},
            )
            try:
                touched = await connection.execute(text(f"{statement} RETURNING {table}::text"))
                assert not set(touched.scalars()) & belongings[table, "9902"], statement
            except DBAPIError:
                pass  # not even allowed: the better answer
            await connection.rollback()


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum,"
            " description, client_key, body_sha256, state, captured_at)"
            f" SELECT '{FOREIGN_COMMUNITY}', grid_id, id, 'E01', ST_PointOnSurface(geom), 'wgs84',"
            " 'x', 'x', '', 'REPORTED', now() FROM micro_grid LIMIT 1",
            "event",
        ),
        (f"UPDATE person SET division_code = '{FOREIGN_COUNTY}'", "person"),
        (
            "INSERT INTO account (login, name_sealed, name_masked, roles, division_code)"
            f" VALUES ('intruder', 'x', 'x', '{{planner}}', '{WHOLE}')",
            "account",
        ),
    ],
)
async def test_nothing_is_put_into_another_area(at_work, statement, what):
    async def attempt():
        async with transaction(at_work, Scope((("990101000000", "990102000000"),))) as session:
            await session.execute(text(statement))

    with pytest.raises(DBAPIError, match=f'row-level security policy for table "{what}"'):
        await attempt()


class TestTheSetting:
    """What fails in naive policies (a setting is '' after a transaction, a scope may be '%')."""

    async def count(self, connection):
        return await connection.scalar(text("SELECT count(*) FROM person"))

    async def test_nothing_is_seen_before_a_scope_nor_after_it(self, at_work):
        async with at_work.connect() as connection:
            assert await self.count(connection) == 0
            await connection.rollback()
        async with transaction(at_work) as session:
            assert await session.scalar(text("SELECT count(*) FROM person")) > 0
        async with at_work.connect() as connection:
            assert await self.count(connection) == 0

    @pytest.mark.parametrize("value", ["", "%", "'", "*", "{}", "{(,)}", "null", "0"])
    async def test_odd_settings_show_nothing(self, at_work, value):
        for name in ("low", "high", "areas"):
            async with at_work.connect() as connection:
                given = {"low": "990101000000", "high": "990102000000", "areas": "*"}
                for setting, told in (given | {name: value}).items():
                    await connection.execute(
                        text("SELECT set_config(:name, :value, true)"),
                        {"name": f"gridsvc.{setting}", "value": told},
                    )
                try:
                    seen = await connection.scalars(text("SELECT division_code FROM person"))
                    assert all(code.startswith("990101") for code in seen)
                except DBAPIError:
                    pass  # a scope that cannot be read is an error, not everything
                await connection.rollback()

    async def test_nowhere_is_nowhere(self, at_work):
        for table in AREA_OF:
            assert await rows(at_work, NOWHERE, table) == set()

    async def test_the_service_cannot_leave_its_role(self, at_work):
        async with at_work.connect() as connection:
            with pytest.raises(DBAPIError, match="permission denied"):
                await connection.execute(text("SET ROLE gridsvc"))
            await connection.rollback()
            await connection.execute(text("SET LOCAL row_security = off"))
            with pytest.raises(DBAPIError, match="row-level security"):
                await self.count(connection)
            await connection.rollback()
            owned = await connection.scalar(
                text(
                    "SELECT count(*) FROM pg_class WHERE relowner ="
                    " (SELECT oid FROM pg_roles WHERE rolname = current_user)"
                )
            )
            assert owned == 0
