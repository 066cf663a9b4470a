"""Who is on a fresh server, and in which groups."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class User:
    """Somebody who can log in.

    Attributes
    ----------
    groups : tuple of str
        The first is where a session begins.
    leads : tuple of str
        Groups that this user owns.
    """

    name: str
    password: str
    groups: tuple[str, ...]
    leads: tuple[str, ...] = ()
    first_name: str = ""
    last_name: str = ""


GROUPS = {
    "system": "rw----",
    "user": "rwr---",
    "guest": "rwr---",
    "private-lab": "rw----",
    "read-only-lab": "rwr---",
    "annotate-lab": "rwra--",
    "write-lab": "rwrw--",
}
"""Group to what its members may do with one another's data; ids are the order, from 0."""

USERS = (
    User("root", "root-secret", ("system", "user"), first_name="Root", last_name="Root"),
    User("guest", "guest-secret", ("guest",), first_name="Guest", last_name="Account"),
    User(
        "ann",
        "ann-secret",
        ("annotate-lab", "read-only-lab", "write-lab", "private-lab", "user"),
        first_name="Ann",
        last_name="Other",
    ),
    User(
        "ben",
        "ben-secret",
        ("annotate-lab", "read-only-lab", "write-lab", "private-lab", "user"),
        first_name="Ben",
        last_name="Noether",
    ),
    User(
        "lea",
        "lea-secret",
        ("annotate-lab", "read-only-lab", "write-lab", "private-lab", "user"),
        leads=("annotate-lab", "read-only-lab", "private-lab"),
        first_name="Lea",
        last_name="Der",
    ),
    User("eve", "eve-secret", ("write-lab", "user"), first_name="Eve", last_name="Outside"),
)
"""Nobody else; ids are the order, from 0."""
