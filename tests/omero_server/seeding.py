"""Objects that tests put onto the server without a client: people, images, ROIs in number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from omero_server.imaging import new_image
from omero_server.model.rows import Quantity, Ref
from omero_server.people import GROUPS, USERS, User
from omero_server.pyramids import write_levels
from omero_server.security import GUEST, ROOT, USER_GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omero_server.model.rows import Row
    from omero_server.world import World

_ENUMERATIONS = {
    "AdminPrivilege": ("Sudo", "WriteOwned", "DeleteOwned"),
    "ChecksumAlgorithm": ("SHA1-160", "MD5-128", "CRC-32", "Murmur3-128"),
    "DimensionOrder": ("XYCZT", "XYZCT", "XYZTC"),
    "EventType": ("User", "Internal"),
    "Format": ("TIFF", "SVS"),
    "PhotometricInterpretation": ("RGB", "Monochrome"),
    "PixelsType": ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float", "double", "bit"),
}


def found(world: World) -> None:
    """Begin a server: enumerations, groups and users."""
    database = world.database
    with database.transaction():
        for kind, values in _ENUMERATIONS.items():
            for value in values:
                database.insert(kind, {"value": value})
        # The ids of root and guest, and of their groups, count from 0.
        database.begin_at("Experimenter", ROOT)
        database.begin_at("ExperimenterGroup", 0)
        for name, permissions in GROUPS.items():
            _insert_group(world, name, permissions)
        for user in USERS:
            _insert_user(world, user)
        assert database.get("Experimenter", GUEST) is not None
        assert database.get("ExperimenterGroup", USER_GROUP) is not None


def add_user(world: World, **fields: Any) -> int:
    """Add somebody; return the id."""
    lists = {name: tuple(fields[name]) for name in ("groups", "leads") if name in fields}
    with world.database.transaction():
        return _insert_user(world, User(**(fields | lists))).id


def add_group(world: World, name: str, permissions: str) -> int:
    """Add a group; return its id."""
    with world.database.transaction():
        return _insert_group(world, name, permissions).id


def add_container(world: World, kind: str, name: str, owner: str, group: str) -> int:
    """Add a Project or Dataset; return its id."""
    with world.database.transaction():
        about = _about(world, owner, group)
        return world.database.insert(kind, {"name": name}, **about).id


def add_link(world: World, kind: str, parent: int, child: int, owner: str, group: str) -> int:
    """Tie two objects together; return the id of the link."""
    sides = {
        "DatasetImageLink": ("Dataset", "Image"),
        "ProjectDatasetLink": ("Project", "Dataset"),
    }[kind]
    with world.database.transaction():
        values = {"parent": Ref(sides[0], parent), "child": Ref(sides[1], child)}
        return world.database.insert(kind, values, **_about(world, owner, group)).id


def add_image(
    world: World,
    *,
    name: str,
    planes: str,
    factors: Sequence[int],
    owner: str,
    group: str,
    mpp: float | None,
    unit: str,
    dataset: int | None,
    series: int,
) -> dict[str, int]:
    """Add an image; return the ids of the Image and its Pixels.

    Parameters
    ----------
    planes : str
        An ``.npy`` file, (C, H, W).
    """
    pixels = np.load(Path(planes))
    with world.database.transaction():
        about = _about(world, owner, group)
        image, row = new_image(world, name, pixels.shape, pixels.dtype.name, about, series=series)
        if mpp is not None:
            size = Quantity("LengthI", mpp, unit)
            world.database.update(row, {"physicalSizeX": size, "physicalSizeY": size})
        if dataset is not None:
            values = {"parent": Ref("Dataset", dataset), "child": Ref("Image", image.id)}
            world.database.insert("DatasetImageLink", values, **about)
        write_levels(world.folder / "pixels" / str(row.id), pixels, factors)
    return {"image": image.id, "pixels": row.id}


def add_rois(world: World, image: int, owner: str, shapes: list[list[dict[str, Any]]]) -> list[int]:
    """Add ROIs, each a list of shapes ``{"kind": "Polygon", "points": ...}``; return their ids.

    ``"transform"`` of a shape is ``[a00, a10, a01, a11, a02, a12]``.
    """
    row = world.database.get("Image", image)
    assert row is not None
    made = []
    with world.database.transaction():
        about = _about(world, owner, _name_of_group(world, row.group))
        for each in shapes:
            roi = world.database.insert("Roi", {"image": Ref("Image", image)}, **about)
            for shape in each:
                _insert_shape(world, roi, dict(shape), about)
            made.append(roi.id)
    return made


def _insert_shape(world: World, roi: Row, values: dict[str, Any], about: dict[str, Any]) -> None:
    kind = values.pop("kind")
    transform = values.pop("transform", None)
    if transform is not None:
        names = ("a00", "a10", "a01", "a11", "a02", "a12")
        numbers = dict(zip(names, map(float, transform), strict=True))
        row = world.database.insert("AffineTransform", numbers, **about)
        values["transform"] = Ref("AffineTransform", row.id)
    world.database.insert(kind, values | {"roi": Ref("Roi", roi.id)}, **about)


def _insert_group(world: World, name: str, permissions: str) -> Row:
    values = {"name": name, "permissions": permissions, "ldap": False}
    return world.database.insert("ExperimenterGroup", values)


def _insert_user(world: World, user: User) -> Row:
    groups = {row.values["name"]: row.id for row in world.database.rows("ExperimenterGroup")}
    row = world.database.insert(
        "Experimenter",
        {
            "omeName": user.name,
            "password": user.password,
            "firstName": user.first_name or user.name,
            "lastName": user.last_name or user.name,
            "defaultGroup": groups[user.groups[0]],
            "ldap": False,
        },
    )
    for name in user.groups:
        world.database.insert(
            "GroupExperimenterMap",
            {
                "parent": Ref("ExperimenterGroup", groups[name]),
                "child": Ref("Experimenter", row.id),
                "owner": name in user.leads,
            },
        )
    return row


def _about(world: World, owner: str, group: str) -> dict[str, Any]:
    people = {row.values["omeName"]: row.id for row in world.database.rows("Experimenter")}
    groups = {row.values["name"]: row.id for row in world.database.rows("ExperimenterGroup")}
    event = world.new_event()
    return {"owner": people[owner], "group": groups[group], "created": event, "updated": event}


def _name_of_group(world: World, identifier: int | None) -> str:
    assert identifier is not None
    row = world.database.get("ExperimenterGroup", identifier)
    assert row is not None
    name: str = row.values["name"]
    return name
