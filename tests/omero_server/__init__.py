"""A small OMERO for tests: a process of its own that speaks OMERO's protocol on loopback.

It stands on omero-py's own skeletons, so that the unmodified ``omero.client``, ``BlitzGateway``,
ezomero and the ``omero`` command are its clients, over SSL and TCP. It keeps objects as OMERO does
(groups with permissions, links, annotations, ROIs, files, pyramids) and refuses what it does not
know: an unknown query raises ``omero.QueryException`` (an ``ApiUsageException``), an unknown
operation ``ApiUsageException``. This package itself imports no omero::

    with omero_server(tmp_path / "omero") as server:
        server.host, server.port, server.tcp_port    # 127.0.0.1, SSL, TCP
        server.users["ann"]                          # her password; `people` has all, with groups
        server.certificate                           # of who signed the server's: trust this

        dataset = server.add_dataset("slides", owner="ann", group="annotate-lab")
        he = server.add_image("he", pixels, dataset=dataset)     # he.id, he.pixels
        server.add_rois(he.id, [[{"kind": "Polygon", "points": "0,0 9,0 9,9"}]])

Groups: ``private-lab`` (rw----), ``read-only-lab`` (rwr---), ``annotate-lab`` (rwra--),
``write-lab`` (rwrw--). Users: ``ann`` and ``ben`` are members of all four and begin in
``annotate-lab``; ``lea`` leads all but ``write-lab``; ``eve`` is in ``write-lab`` alone; ``root``
administers.

Looking: `Server.content` (every object without ids, to compare two states), `Server.rows`,
`Server.counts`, `Server.orphans`, `Server.writes` (journal of write calls), `Server.calls`,
`Server.sessions`, `Server.open_services` (stateful services that nobody closed),
`Server.logins_refused`.

Breaking: `Server.fail` (``drop`` the connection, ``lose`` the answer after the work is done,
``refuse``, ``security``, ``expire``, ``delay``, ``kill``) at the n-th call of some operations,
``"writes"`` or ``"any"``; `Server.after_write` holds the answer of the n-th write so that the test
can kill its client there; `Server.expire_sessions`, `Server.missing_pyramid`, `Server.kill`,
`Server.restart` (same ports, same objects, no sessions), `Server.heal`.

When the context ends, an error inside the server fails the test.
"""

from omero_server.handle import SeededImage, Server, omero_server, ramp
from omero_server.people import GROUPS, USERS, User

__all__ = ["GROUPS", "USERS", "SeededImage", "Server", "User", "omero_server", "ramp"]
