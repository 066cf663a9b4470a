"""The tables of a queue, and how those of older versions become them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sar_models.domain.errors import RecordError, UnknownVersionError

if TYPE_CHECKING:
    import sqlite3

APPLICATION_ID = 0x53415251
"""Marks the file as ours: "SARQ"."""

_VERSION_1 = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,                 -- hash of what was asked, engine and all
    subject TEXT NOT NULL,                   -- the same without the engine's version
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    request TEXT NOT NULL,                   -- JSON
    folder TEXT NOT NULL,                    -- name of the result
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    ready_at REAL NOT NULL,                  -- not to be tried before; seconds since the epoch
    attempt INTEGER NOT NULL DEFAULT 0,      -- rises for ever: tells a lease from an older one
    failures INTEGER NOT NULL DEFAULT 0,
    interruptions INTEGER NOT NULL DEFAULT 0,
    worker TEXT,                             -- JSON of the process that runs it
    boss TEXT,                               -- and of the one that looks after that
    lease_until REAL,
    cancelling INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '',
    fraction REAL NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    result TEXT,                             -- JSON
    submitted_at REAL NOT NULL,
    started_at REAL,
    finished_at REAL
);
CREATE INDEX jobs_waiting ON jobs (priority DESC, number) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (number) WHERE state = 'running';
CREATE INDEX jobs_by_state ON jobs (state, number);
CREATE INDEX jobs_by_subject ON jobs (subject);
CREATE TABLE entries (                       -- the job that stands for a name at present
    name TEXT PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES jobs (number)
) WITHOUT ROWID;
CREATE INDEX entries_by_job ON entries (job);
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES jobs (number),
    at REAL NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL                       -- JSON
);
CREATE INDEX events_by_job ON events (job, number);
"""

MIGRATIONS = (_VERSION_1,)
"""What leads from each version to the next; the first one from nothing."""

VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection, name: str) -> None:
    """Bring a database to this version, inside a transaction of the caller's.

    Raises
    ------
    RecordError
        If it is some other program's database.
    UnknownVersionError
        If a newer version made it.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise RecordError(
            f"{name!r} is no queue of sar-align", remedy="Give the folder of a batch run."
        )
    if version > VERSION:
        raise UnknownVersionError(
            f"The queue {name!r} has version {version}, this program knows {VERSION}",
            remedy="Install the version of sar-align that made it, or a newer one.",
        )
    for step in MIGRATIONS[version:]:
        for statement in _statements(step):
            connection.execute(statement)
    if version < VERSION:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _statements(script: str) -> list[str]:
    # `executescript` would end the caller's transaction.
    return [statement for statement in script.split(";\n") if statement.strip()]
