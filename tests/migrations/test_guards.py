"""What the database itself refuses, whatever program writes."""

import pytest
import shapely
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.towns import COMMUNITY, COUNTY, a_person, staff

SQUARE = "POLYGON((118.7 32, 118.701 32, 118.701 32.001, 118.7 32.001, 118.7 32))"


@pytest.fixture
def refused(town_session):
    """Run a statement with all checks made at once; it must fail, saying something."""

    async def attempt(statement, parameters):
        async with town_session.begin_nested():
            await town_session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            await town_session.execute(text(statement), parameters)

    async def run(statement, says, kind=DBAPIError, **parameters):
        with pytest.raises(kind, match=says):
            await attempt(statement, parameters)

    return run


ADD_SITE = (
    "INSERT INTO site (division_code, kind, geom) VALUES"
    f" ('{COMMUNITY}', 'park', ST_GeomFromText(:wkt, 4326))"
)


async def test_a_sound_geometry_is_taken(town_session):
    """The statement the refusals below vary is itself in order."""
    await town_session.execute(text(ADD_SITE), {"wkt": SQUARE})


@pytest.mark.parametrize(
    "wkt",
    [
        "POLYGON EMPTY",
        "POLYGON((118.7 32, 118.701 32.001, 118.701 32, 118.7 32.001, 118.7 32))",
        "POLYGON((118.7 32, NaN 32, 118.701 32.001, 118.7 32))",
        "POLYGON((32 118.7, 32 118.701, 32.001 118.701, 32.001 118.7, 32 118.7))",
        "POLYGON((5e5 3.5e6, 5.1e5 3.5e6, 5.1e5 3.51e6, 5e5 3.51e6, 5e5 3.5e6))",
    ],
    ids=["empty", "bow tie", "NaN", "swapped", "metres"],
)
async def test_an_unsound_geometry_is_refused(refused, wkt):
    await refused(ADD_SITE, "sound_geom", wkt=wkt)


async def test_an_infinite_coordinate_is_refused(refused):
    # Its text cannot say so, its bytes can.
    endless = shapely.Polygon([(118.7, 32), (float("inf"), 32), (118.7, 32.001)])
    await refused(
        "INSERT INTO site (division_code, kind, geom) VALUES"
        f" ('{COMMUNITY}', 'park', ST_GeomFromWKB(:wkb, 4326))",
        "sound_geom",
        wkb=endless.wkb,
    )


@pytest.mark.parametrize(
    ("wkt", "srid"), [("POINT(118.7 32)", 4326), (SQUARE, 4490), (SQUARE, 3857)]
)
async def test_another_type_or_srid_is_refused(refused, wkt, srid):
    statement = ADD_SITE.replace("4326", str(srid))
    await refused(statement, "Geometry type|SRID", wkt=wkt)


async def test_every_stored_geometry_has_its_guard(town_session):
    """A new table with a geometry and no such check would go unnoticed otherwise."""
    unguarded = await town_session.scalars(
        text("""
        SELECT f_table_name FROM geometry_columns WHERE f_table_schema = 'public'
        EXCEPT
        SELECT conrelid::regclass::text FROM pg_constraint WHERE conname LIKE '%sound_geom'
        """)
    )
    assert list(unguarded) == []


@pytest.mark.parametrize("table", ["grid", "micro_grid"])
class TestCells:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ("households = households + 1", "cannot be changed"),
            ("geom = ST_Translate(geom, 0.0001, 0)", "cannot be changed"),
            ("code = left(code, length(code) - 1) || '9'", "cannot be changed"),
            ("kind = 'dedicated'", "cannot be changed"),
            ("valid = NULL", "cannot be changed"),
            ("valid = tstzrange(lower(valid) - interval '1 day', NULL)", "cannot be changed"),
            ("plan_id = plan_id + 1", "cannot be changed"),
            ("scheme = 'other'", "cannot be changed"),
        ],
    )
    async def test_a_published_cell_cannot_be_changed(self, refused, table, change, says):
        await refused(f"UPDATE {table} SET {change}", says)

    async def test_a_published_cell_cannot_be_deleted(self, refused, table):
        await refused(f"DELETE FROM {table}", "cannot be changed")

    async def test_nor_can_its_plan(self, refused, table):
        await refused("DELETE FROM plan", "cannot be changed")

    async def test_an_ended_cell_is_final(self, refused, town_session, table):
        ended = f"UPDATE {table} SET valid = tstzrange(lower(valid), lower(valid) + '1 hour')"
        await town_session.execute(text(ended))
        await refused(
            f"UPDATE {table} SET valid = tstzrange(lower(valid), NULL)", "cannot be changed"
        )

    async def test_the_same_code_is_not_in_force_twice(self, refused, town_session, table):
        await draft_copy(town_session, table, "ST_Translate(geom, 1, 0)")
        await refused(
            f"UPDATE {table} SET valid = tstzrange(now(), NULL) WHERE valid IS NULL",
            "code_once_at_a_time",
        )

    async def test_published_cells_may_not_overlap(self, refused, town_session, table):
        await draft_copy(town_session, table, "ST_Translate(geom, 0.0001, 0)", code="99")
        await refused(
            f"UPDATE {table} SET valid = tstzrange(now(), NULL) WHERE valid IS NULL",
            "overlaps|leaves its community",
            kind=IntegrityError,
        )

    async def test_a_cell_may_not_leave_its_community(self, refused, town_session, table):
        await draft_copy(town_session, table, "ST_Translate(geom, 1, 0)", code="99")
        await refused(
            f"UPDATE {table} SET valid = tstzrange(now(), NULL) WHERE valid IS NULL",
            "leaves its community",
        )

    @pytest.mark.parametrize("code", ["'x'", "'990101001002' || substr(code, 13)", "code || '0'"])
    async def test_a_published_code_fits_its_scheme_and_community(
        self, refused, town_session, table, code
    ):
        await town_session.execute(
            text(f"UPDATE {table} SET valid = tstzrange(lower(valid), lower(valid) + '1 hour')")
        )
        await draft_copy(town_session, table, "geom", whole_code=code)
        await refused(
            f"UPDATE {table} SET valid = tstzrange(now(), NULL) WHERE valid IS NULL",
            "does not fit scheme",
        )


async def draft_copy(session, table, geom, *, code=None, whole_code=None):
    """A draft of one cell more, like the first but for what is given."""
    new_code = whole_code or (f"left(code, length(code) - 2) || '{code}'" if code else "code")
    plan = await session.scalar(
        text(
            "INSERT INTO plan (division_code, target, grid_target, seed, wish, report)"
            f" VALUES ('{COMMUNITY}', 100, 300, 0, '{{}}', '{{}}') RETURNING id"
        )
    )
    parent = ", grid_id" if table == "micro_grid" else ""
    await session.execute(
        text(f"""
        INSERT INTO {table} (plan_id, division_code, code, scheme, kind, households, geom{parent})
        SELECT {plan}, division_code, {new_code}, scheme, kind, households, {geom}{parent}
        FROM {table} ORDER BY code LIMIT 1
        """)
    )


async def test_a_community_has_one_published_plan(refused):
    await refused(
        "INSERT INTO plan (division_code, state, target, grid_target, seed, wish, report,"
        f" published_at) VALUES ('{COMMUNITY}', 'published', 100, 300, 0, '{{}}', '{{}}', now())",
        "one_published",
    )


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE plan SET state = 'draft'", "published_at"),
        ("UPDATE plan SET state = 'superseded'", "superseded"),
        ("UPDATE plan SET state = 'great'", "state"),
        ("UPDATE plan SET target = 0", "targets"),
        ("UPDATE plan SET grid_target = 0", "targets"),
        ("UPDATE building SET households = -1", "not_negative"),
        ("UPDATE building SET levels = 301", "levels_range"),
        ("UPDATE barrier SET weight = 0", "weight_positive"),
        ("UPDATE division SET code = '12345'", "twelve_digits|violates foreign key"),
        (f"UPDATE division SET parent_code = code WHERE code = '{COUNTY}'", "parent_before_child"),
        ("UPDATE division SET name = ''", "name_length"),
        ("UPDATE power SET valid_to = valid_from", "validity"),
        ("UPDATE matter SET kind = 'other'", "kind"),
        ("UPDATE matter SET power_code = 'CG01' WHERE kind = 'grid'", "power_to_enforce"),
    ],
)
async def test_values_out_of_range_are_refused(refused, statement, says):
    await refused(statement, says)


ADD_EVENT = f"""
INSERT INTO event (division_code, grid_id, micro_grid_id, matter_code, geom, datum, description,
                   client_key, body_sha256, state, captured_at, handler_id)
SELECT '{COMMUNITY}', m.grid_id, m.id, 'E01', ST_PointOnSurface(m.geom), 'wgs84', :description,
       :key, '', :state, now(), NULL
FROM micro_grid m ORDER BY m.code LIMIT 1 RETURNING id
"""
PLAIN = {"description": "x", "key": "k", "state": "REPORTED"}


async def an_event(session):
    event_id = await session.scalar(text(ADD_EVENT), PLAIN)
    await add_history(session, event_id, None, "REPORTED")
    return event_id


async def add_history(session, event_id, before, then):
    await session.execute(
        text(
            "INSERT INTO event_history"
            " (event_id, division_code, from_state, to_state, actor, note)"
            " VALUES (:id, :division, :before, :then, 'test', '')"
        ),
        {"id": event_id, "division": COMMUNITY, "before": before, "then": then},
    )


class TestEvents:
    async def test_an_event_without_history_is_refused(self, refused):
        await refused(ADD_EVENT, "its history ends with", **PLAIN)

    async def test_a_state_without_its_line_of_history_is_refused(self, refused, town_session):
        event_id = await an_event(town_session)
        await refused(f"UPDATE event SET state = 'FILED' WHERE id = {event_id}", "history ends")

    async def test_state_and_history_together_are_taken(self, town_session):
        event_id = await an_event(town_session)
        await add_history(town_session, event_id, "REPORTED", "FILED")
        await town_session.execute(text("UPDATE event SET state = 'FILED'"))
        await town_session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE event_history SET note = 'x'", "DELETE FROM event_history", "DELETE FROM event"],
    )
    async def test_history_is_only_added_to(self, refused, town_session, statement):
        await an_event(town_session)
        await refused(statement, "append-only")

    @pytest.mark.parametrize(
        ("before", "then", "says"),
        [
            ("REPORTED", "CLOSED", "violates foreign key|not REPORTED"),
            ("FILED", "DISPATCHED", "is REPORTED, not FILED"),
            (None, "REPORTED", "is REPORTED, not"),
            ("REPORTED", "GONE", "foreign key"),
        ],
    )
    async def test_history_is_a_chain_of_allowed_moves(
        self, refused, town_session, before, then, says
    ):
        event_id = await an_event(town_session)
        await refused(
            "INSERT INTO event_history"
            " (event_id, division_code, from_state, to_state, actor, note)"
            f" VALUES ({event_id}, '{COMMUNITY}', CAST(:before AS text), :then, 'test', '')",
            says,
            before=before,
            then=then,
        )

    @pytest.mark.parametrize(
        ("column", "value", "says"),
        [
            ("datum", "itrf", "datum"),
            ("description", "", "description_length"),
            ("description", "长" * 4001, "description_length"),
            ("client_key", "k" * 101, "client_key_length"),
            ("state", "DISPATCHED", "in_hand_has_handler"),
        ],
    )
    async def test_columns_out_of_range_are_refused(
        self, refused, town_session, column, value, says
    ):
        await an_event(town_session)
        await refused(f"UPDATE event SET {column} = :value", says, value=value)


class TestAssignments:
    @pytest.fixture
    async def hired(self, town_session):
        await town_session.execute(
            text(
                "INSERT INTO person (code, name_sealed, name_masked, role, division_code, on_duty)"
                f" VALUES ('a', 'plain:张三', '张*', 'officer', '{COMMUNITY}', true)"
            )
        )
        await town_session.execute(
            text(
                "INSERT INTO workload (person_id, division_code, capacity)"
                " SELECT id, division_code, 2 FROM person"
            )
        )
        return town_session

    @pytest.mark.parametrize("count", [-1, 3])
    async def test_nobody_has_more_than_their_capacity(self, refused, hired, count):
        await refused(f"UPDATE workload SET open_count = {count}", "within_capacity")

    async def test_an_event_has_one_open_assignment(self, refused, hired):
        await an_event(hired)
        assign = (
            "INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name,"
            " person_role, reason, accept_by)"
            " SELECT e.id, e.division_code, p.id, p.code, p.name_masked, p.role, '', now()"
            " FROM event e, person p"
        )
        await hired.execute(text(assign))
        await refused(assign, "one_open")

    async def test_an_assignment_does_not_end_before_it_began(self, refused, hired):
        await an_event(hired)
        await refused(
            "INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name,"
            " person_role, reason, accept_by, released_at, released_as, released_by)"
            " SELECT e.id, e.division_code, p.id, p.code, p.name_masked, p.role, '', now(),"
            " now() - interval '1 day', 'HANDLED', 'moved' FROM event e, person p",
            "released_after",
        )

    async def test_an_ended_assignment_says_how_it_ended(self, refused, hired):
        await an_event(hired)
        await refused(
            "INSERT INTO assignment (event_id, division_code, person_id, person_code, person_name,"
            " person_role, reason, accept_by, released_at)"
            " SELECT e.id, e.division_code, p.id, p.code, p.name_masked, p.role, '', now(),"
            " now() + interval '1 day' FROM event e, person p",
            "released_as|released_by",
        )

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ("role = 'boss'", "role"),
            ("name_masked = ''", "name_length"),
            ("division_code = '9'", "fk_"),
        ],
    )
    async def test_people_out_of_range_are_refused(self, refused, hired, change, says):
        await refused(f"UPDATE person SET {change}", says)


async def test_an_overlap_is_refused_at_the_commit(town):
    """The guard is deferred; what counts is that the commit fails and leaves nothing."""
    await staff(town, a_person("a"))
    async with town.connect() as connection:
        await draft_copy(connection, "grid", "geom", code="99")
        await connection.execute(
            text("UPDATE grid SET valid = tstzrange(now(), NULL) WHERE valid IS NULL")
        )
        with pytest.raises(DBAPIError, match="overlaps"):
            await connection.commit()
    async with town.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM plan")) == 1
