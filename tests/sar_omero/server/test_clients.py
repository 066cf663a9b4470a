"""Clients that others wrote, unmodified: ezomero and the ``omero`` command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import ezomero
import numpy as np
import pytest
from ezomero.rois import Polygon, Rectangle
from omero_server import ramp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from omero_server import SeededImage, Server


def test_ezomero_connects_by_itself(server: Server, tmp_path: Path) -> None:
    connection = ezomero.connect(
        "ann",
        server.users["ann"],
        host=server.host,
        port=server.port,
        secure=True,
        group="",
        config_path=str(tmp_path),
    )

    assert connection.getUser().getName() == "ann"
    connection.close()
    assert server.sessions() == []


def test_ezomero_reads_images_and_levels(server: Server, gateway: Any) -> None:
    project = server.add_project("study")
    dataset = server.add_dataset("slides", project=project)
    picture = ramp(100, 130)
    image = server.add_image("slide", picture, dataset=dataset, factors=(1, 2, 8))

    assert ezomero.get_image_ids(gateway, dataset=dataset) == [image.id]
    assert ezomero.get_image_ids(gateway, project=project) == [image.id]
    assert ezomero.get_dataset_ids(gateway, project=project) == [dataset]
    assert ezomero.get_pyramid_levels(gateway, image.id) == [(130, 100), (65, 50), (16, 12)]
    _, found = ezomero.get_image(
        gateway, image.id, start_coords=(90, 90, 0, 0, 0), axis_lengths=(40, 10, 1, 3, 1)
    )
    np.testing.assert_array_equal(found[0, 0], picture[90:, 90:])
    _, small = ezomero.get_image(gateway, image.id, pyramid_level=2)
    assert small.shape == (1, 1, 12, 16, 3)
    assert server.open_services() == []


def test_ezomero_writes_and_reads_rois(gateway: Any, image: SeededImage) -> None:
    corners = [(1.0, 1.0), (5.5, 1.0), (5.0, 5.0)]
    roi = ezomero.post_roi(
        gateway, image.id, [Polygon(corners), Rectangle(1, 2, 3, 4)], "name", "description"
    )

    assert ezomero.get_roi_ids(gateway, image.id) == [roi]
    polygon, rectangle = (
        ezomero.get_shape(gateway, shape) for shape in ezomero.get_shape_ids(gateway, roi)
    )
    assert polygon.points == corners
    assert (rectangle.x, rectangle.y, rectangle.width, rectangle.height) == (1, 2, 3, 4)


def test_ezomero_writes_and_reads_annotations(
    gateway: Any, image: SeededImage, tmp_path: Path
) -> None:
    pairs = ezomero.post_map_annotation(gateway, "Image", image.id, {"stain": "HE"}, "test/ns")
    ezomero.put_map_annotation(gateway, pairs, {"stain": "PAS"})
    assert ezomero.get_map_annotation(gateway, pairs) == {"stain": "PAS"}
    assert ezomero.get_map_annotation_ids(gateway, "Image", image.id, ns="test/ns") == [pairs]
    assert ezomero.filter_by_kv(gateway, [image.id], "stain", "PAS") == [image.id]

    path = tmp_path / "report.txt"
    path.write_text("hello " * 1000)
    file = ezomero.post_file_annotation(gateway, path.as_posix(), "test/f", "Image", image.id)
    (tmp_path / "down").mkdir()
    down = ezomero.get_file_annotation(gateway, file, (tmp_path / "down").as_posix())
    assert down is not None
    assert (tmp_path / "down" / "report.txt").read_text() == path.read_text()


def test_ezomero_makes_and_links(server: Server, gateway: Any, image: SeededImage) -> None:
    project = ezomero.post_project(gateway, "made")
    dataset = ezomero.post_dataset(gateway, "made", project_id=project)
    ezomero.link_images_to_dataset(gateway, [image.id], dataset)

    assert ezomero.get_image_ids(gateway, project=project) == [image.id]
    assert ezomero.get_group_id(gateway, "write-lab") == 6
    assert ezomero.get_user_id(gateway, "ben") == 3


@pytest.fixture
def omero_command(
    server: Server, tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The ``omero`` command; called as a function, as it refuses to run as root otherwise."""
    code = "import sys, omero.cli; sys.exit(omero.cli.argv(['omero', *sys.argv[1:]]))"
    environment = os.environ | {
        "OMERO_USERDIR": str(tmp_path),
        "OMERO_PASSWORD": server.users["ann"],
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *arguments],
            env=environment,
            text=True,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run


def test_the_omero_command_logs_in_queries_and_logs_out(
    server: Server, image: SeededImage, omero_command: Callable[..., Any]
) -> None:
    login = omero_command("login", "-u", "ann", "-s", f"{server.host}:{server.port}")
    assert login.returncode == 0, login.stderr
    (session,) = server.sessions()
    assert session["detached"]

    query = omero_command(
        "hql", "-q", "--style", "json", f"select i from Image i where i.id={image.id}"
    )
    assert query.returncode == 0, query.stderr
    assert "slide" in query.stdout
    made = omero_command("obj", "new", "Dataset", "name=of the command")
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("Dataset:")
    deleted = omero_command("delete", made.stdout.strip())
    assert deleted.returncode == 0, deleted.stderr

    key = omero_command("sessions", "key")
    assert key.stdout.strip() == session["uuid"]
    assert omero_command("logout").returncode == 0
    assert server.sessions() == []
    assert json.dumps(server.users["ann"]) not in login.stdout + login.stderr


def test_ezomero_makes_an_image(server: Server, gateway: Any) -> None:
    dataset = server.add_dataset("made")
    pixels = np.arange(60, dtype=np.uint16).reshape(5, 4, 1, 3, 1) * 1000  # x, y, z, channel, t

    made = ezomero.post_image(gateway, pixels, "by ezomero", dataset_id=dataset)

    assert ezomero.get_image_ids(gateway, dataset=dataset) == [made]
    planes = gateway.getObject("Image", made).getPrimaryPixels().getPlanes([(0, 2, 0)])
    np.testing.assert_array_equal(next(planes), pixels[:, :, 0, 2, 0].T)
    assert server.open_services() == ["RawPixelsStore"]  # the gateway's own generator
