"""What a test holds of a server in another process."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from omero_server.process import PATIENCE_S, ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from omero_server.faults import Action


class SeededImage(NamedTuple):
    """An image that was put onto the server."""

    id: int
    pixels: int


def ramp(height: int = 40, width: int = 60) -> NDArray[np.uint8]:
    """Return a small picture, (H, W, 3), whose every pixel tells where it is."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x, y, x + y], axis=-1).astype(np.uint8)


@contextlib.contextmanager
def omero_server(folder: Path | None = None, idle_s: float = 600.0) -> Iterator[Server]:
    """Run a server on free loopback ports until the context ends.

    Parameters
    ----------
    folder : Path, optional
        Where it keeps its objects; what an earlier one left there is read.
    idle_s : float
        How long a session lives without a call.

    Raises
    ------
    AssertionError
        At the end, if something went wrong inside the server.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="omero-")))
        server = Server(folder, idle_s)
        stack.callback(server.stop)
        server.start()
        yield server
        server.check()


class Server(ServerProcess):
    """A server, running or killed: what tests put onto it, see of it and break."""

    # Seeding

    def add_user(
        self, name: str, password: str, groups: Sequence[str], leads: Sequence[str] = ()
    ) -> int:
        """Add somebody who can log in; the first group is where sessions begin."""
        self.users[name] = password
        found: int = self._seed(
            "add_user", name=name, password=password, groups=list(groups), leads=list(leads)
        )
        return found

    def add_group(self, name: str, permissions: str) -> int:
        """Add a group of ``"rw----"``, ``"rwr---"``, ``"rwra--"`` or ``"rwrw--"``."""
        found: int = self._seed("add_group", name=name, permissions=permissions)
        return found

    def add_project(self, name: str, owner: str = "ann", group: str = "annotate-lab") -> int:
        """Add a project; return its id."""
        return self._container("Project", name, owner, group)

    def add_dataset(
        self,
        name: str,
        owner: str = "ann",
        group: str = "annotate-lab",
        project: int | None = None,
    ) -> int:
        """Add a dataset, perhaps to a project; return its id."""
        found = self._container("Dataset", name, owner, group)
        if project is not None:
            self.link("ProjectDatasetLink", project, found, owner, group)
        return found

    def link(
        self, kind: str, parent: int, child: int, owner: str = "ann", group: str = "annotate-lab"
    ) -> int:
        """Tie together what belongs together; return the id of the link."""
        found: int = self._seed(
            "add_link", kind=kind, parent=parent, child=child, owner=owner, group=group
        )
        return found

    def add_image(
        self,
        name: str,
        pixels: NDArray[np.generic],
        *,
        owner: str = "ann",
        group: str = "annotate-lab",
        dataset: int | None = None,
        mpp: float | None = 0.5,
        unit: str = "MICROMETER",
        factors: Sequence[int] = (1, 4),
        series: int = 0,
    ) -> SeededImage:
        """Add an image with a pyramid.

        Parameters
        ----------
        pixels : ndarray, shape (H, W, 3), (H, W) or (C, H, W)
            Full resolution; three at the end are colours.
        mpp : float, optional
            Size of a pixel, in ``unit``.
        factors : sequence of int
            How much smaller each level is, 1 first.
        """
        if pixels.ndim == 2:
            pixels = pixels[None]
        elif pixels.shape[2] == 3:
            pixels = np.moveaxis(pixels, 2, 0)
        path = self.folder / f"seed-{next(self._numbers)}.npy"
        np.save(path, np.ascontiguousarray(pixels))
        found = self._seed(
            "add_image",
            name=name,
            planes=str(path),
            factors=list(factors),
            owner=owner,
            group=group,
            mpp=mpp,
            unit=unit,
            dataset=dataset,
            series=series,
        )
        path.unlink()
        return SeededImage(found["image"], found["pixels"])

    def add_rois(
        self, image: int, rois: Sequence[Sequence[Mapping[str, Any]]], owner: str = "ann"
    ) -> list[int]:
        """Add ROIs, each a list of shapes; return their ids.

        A shape has its ``kind`` and properties as OMERO names them (``points``, ``x``,
        ``textValue``, ``strokeColor``); its ``transform`` is ``(a00, a10, a01, a11, a02, a12)``.
        """
        shapes = [[dict(shape) for shape in roi] for roi in rois]
        found: list[int] = self._seed("add_rois", image=image, owner=owner, shapes=shapes)
        return found

    # Looking

    def content(self) -> dict[str, int]:
        """Return every object as text without ids, and how often it is there."""
        found: dict[str, int] = self.ask("dump", what="content")
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Return every object with its ids, owner and group."""
        found: list[dict[str, Any]] = self.ask("dump", what="rows")
        return found

    def counts(self) -> dict[str, int]:
        """Return how many objects of each kind there are."""
        found: dict[str, int] = self.ask("dump", what="counts")
        return found

    def orphans(self) -> list[str]:
        """Return annotations, files and contents that nothing holds."""
        found: list[str] = self.ask("dump", what="orphans")
        return found

    def writes(self) -> list[dict[str, Any]]:
        """Return the successful write calls so far: operation, user, and what was sent."""
        found: list[dict[str, Any]] = self.ask("writes")
        return found

    def calls(self) -> dict[str, int]:
        """Return how often each operation was called, ``"IQuery.findAllByQuery"`` and so on."""
        found: dict[str, int] = self.ask("calls")
        return found

    def forget_calls(self) -> None:
        """Empty the journal of writes and the counts of calls."""
        self.ask("forget")

    def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions that are alive, each with its user and open services."""
        found: list[dict[str, Any]] = self.ask("sessions")
        return found

    def open_services(self) -> list[str]:
        """Return the stateful services that nobody closed, of all sessions."""
        return [name for session in self.sessions() for name in session["services"]]

    def logins_refused(self) -> int:
        """Return how many logins had a wrong name or password."""
        found: int = self.ask("logins_refused")
        return found

    def troubles(self) -> dict[str, list[str]]:
        """Return ``errors`` inside the server, and operations that it does not have."""
        found: dict[str, list[str]] = self.ask("troubles")
        return found

    # Breaking

    def fail(
        self,
        action: Action,
        *operations: str,
        at: int = 1,
        times: int = 1,
        seconds: float = 0.0,
    ) -> None:
        """Let something go wrong at the ``at``-th of some calls, counted from now.

        Parameters
        ----------
        action : str
            ``drop`` the connection before the call works, ``lose`` the answer after it worked,
            ``hold`` the answer until `heal`, ``refuse`` with an error, ``security`` for a
            SecurityViolation, ``expire`` the session, ``delay`` by ``seconds``, ``kill`` the
            server.
        operations : str
            ``"RawPixelsStore.getTile"``, ``"IUpdate"``, ``"Router.createSession"``, ``"writes"``
            or ``"any"`` but those of the router.
        times : int
            How many calls in a row are hit.
        """
        self.ask(
            "fault",
            action=action,
            operations=list(operations),
            skip=at - 1,
            times=times,
            seconds=seconds,
        )

    def after_write(self, number: int) -> None:
        """Hold the answer of the ``number``-th write from now; `wait_held` waits for it."""
        self.fail("hold", "writes", at=number)

    def wait_held(self, seconds: float = PATIENCE_S) -> bool:
        """Wait until a call is held; return whether one is: its work is done then."""
        found: bool = self.ask("wait_held", seconds=seconds)
        return found

    def heal(self) -> None:
        """Let go of held calls and forget all faults."""
        self.ask("release")

    def expire_sessions(self) -> int:
        """End all sessions as if they had been idle; return how many."""
        found: int = self.ask("expire_sessions")
        return found

    def missing_pyramid(self, pixels: int, attempts: int, backoff_ms: int = 20) -> None:
        """Let the next attempts to read some Pixels find their pyramid under construction."""
        self.ask("set", name="backoff_ms", value=backoff_ms)
        self.ask("missing_pyramid", pixels=pixels, attempts=attempts)

    def limit_services(self, count: int) -> None:
        """Allow each session so many stateful services."""
        self.ask("set", name="services_limit", value=count)

    def expire_after(self, seconds: float) -> None:
        """Let new sessions live so long without a call."""
        self.ask("set", name="idle_s", value=seconds)

    def _container(self, kind: str, name: str, owner: str, group: str) -> int:
        found: int = self._seed("add_container", kind=kind, name=name, owner=owner, group=group)
        return found

    def _seed(self, what: str, **fields: Any) -> Any:
        return self.ask("seed", what=what, **fields)
