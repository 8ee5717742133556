"""SQL of what can be served or judged: divisions of a level, cells, groups of a kind, by day."""

from __future__ import annotations

#: Everything of a sort within a range of divisions, as it stood at the end of a day; `within` are
#: codes of all that each lies in, itself included. Asked by of, kind, low, high, on.
SUBJECTS = """
WITH subject AS MATERIALIZED (
    SELECT one.*, ARRAY(SELECT rpad(left(one.division_code, n), 12, '0')
                        FROM unnest(ARRAY[2, 4, 6, 9, 12]) AS n)
                  || one.code || one.grid_code AS within
    FROM (
        SELECT code, name, code AS division_code, CAST(NULL AS text) AS grid_code FROM division
        WHERE :of = 'division' AND level = :kind
        UNION ALL
        SELECT code, kind, division_code, NULL FROM grid
        WHERE :of = 'grid' AND valid @> CAST(CAST(:on AS date) + 1 AS timestamptz)
          AND (CAST(:kind AS text) IS NULL OR kind = :kind)
        UNION ALL
        SELECT m.code, m.kind, m.division_code, g.code FROM micro_grid m
        JOIN grid g ON g.id = m.grid_id
        WHERE :of = 'micro_grid' AND m.valid @> CAST(CAST(:on AS date) + 1 AS timestamptz)
          AND (CAST(:kind AS text) IS NULL OR m.kind = :kind)
        UNION ALL
        SELECT division_code || '/' || code, name, division_code, NULL FROM community_group
        WHERE :of = 'group' AND begins <= :on AND (ends IS NULL OR ends > :on)
          AND (CAST(:kind AS text) IS NULL OR kind = :kind)
    ) one
    WHERE division_code >= :low AND division_code < :high
)
"""
