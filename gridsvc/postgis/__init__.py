"""The private PostGIS cluster that gridsvc runs when no database URL is given.

Debian's PostgreSQL binaries on a data directory of our own, reachable by a Unix socket only.
Several processes share one cluster; the last one out stops it. The doors are

`private_cluster`
    ``with private_cluster(data_dir) as url:`` starts or joins the cluster, yields the
    SQLAlchemy URL of its database, brings the server back should it die, and leaves at the end.
`start`
    ``start(data_dir) -> Cluster`` for callers without a ``with``: `Cluster.url`,
    `Cluster.url_for`, `Cluster.ensure_running` and `Cluster.stop`.

Whatever prevents it raises `gridsvc.errors.Unavailable` with one line that says what to do.

The modules, in the order of the work: ``account`` (who runs the binaries), ``binaries``
(which ones), ``home`` (the data directory), ``locks``, ``initialise`` (a new cluster),
``configure`` (settings and access), ``server`` (one running PostgreSQL), ``cluster`` (sharing
it), ``keeper`` (bringing it back).
"""

from gridsvc.postgis.cluster import Cluster, private_cluster, start
from gridsvc.postgis.configure import DATABASE, OWNER

__all__ = ["DATABASE", "OWNER", "Cluster", "private_cluster", "start"]
