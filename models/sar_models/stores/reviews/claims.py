"""Claims: who looks at an alignment right now, so that two need not do it by accident."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import ConflictError, StoreError
from sar_models.stores.atomic import atomic_file
from sar_models.stores.lock import lock_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LEASE_S = 15 * 60.0
_WAIT_S = 10.0
_STALE_AFTER_S = 60.0


@dataclass(frozen=True)
class Claim:
    """An alignment that somebody looks at, until the lease runs out or is given back.

    Parameters
    ----------
    content_sha256 : str
    reviewer : str
    token : str
        Tells this claim from other ones of the same person.
    lease_s : float
        Seconds from the last renewal after which others may claim it.
    """

    content_sha256: str
    reviewer: str
    token: str
    lease_s: float


class Claims:
    """The claims of one review log: one small file for each, made by exclusive creation.

    A claim keeps nobody from deciding: two decisions on one item are both kept. It only tells.

    Parameters
    ----------
    path : Path
        Folder of the claims; made when it is needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def take(self, content_sha256: str, reviewer: str, lease_s: float = LEASE_S) -> Claim:
        """Claim an alignment; one's own claim is taken anew, as by a restarted notebook.

        Raises
        ------
        ConflictError
            If somebody else holds it.
        StoreError
            If the folder cannot be written.
        """
        claim = Claim(content_sha256, reviewer, uuid.uuid4().hex, lease_s)
        file = self._file(content_sha256)
        self._make_folder()
        with _locked(file) as now:
            standing = _read(file)
            left_s = 0.0 if standing is None else _left_s(file, standing, now)
            if standing is not None and standing.reviewer != reviewer and left_s > 0:
                raise ConflictError(
                    f"{standing.reviewer!r} is reviewing this alignment",
                    remedy=f"Take another one; the claim ends in {left_s / 60:.0f} min if it is "
                    "not renewed.",
                )
            _write(file, claim)
        return claim

    def renew(self, claim: Claim) -> None:
        """Let the lease begin anew.

        Raises
        ------
        ConflictError
            If somebody else has taken it meanwhile.
        """
        file = self._file(claim.content_sha256)
        self._make_folder()
        with _locked(file):
            standing = _read(file)
            if standing is not None and standing.token != claim.token:
                raise ConflictError(
                    f"The claim is {standing.reviewer!r}'s now", remedy="Claim it again."
                )
            _write(file, claim)

    def release(self, claim: Claim) -> None:
        """Give a claim back; one that somebody else has taken meanwhile stays."""
        file = self._file(claim.content_sha256)
        if not file.exists():
            return
        with _locked(file):
            standing = _read(file)
            if standing is not None and standing.token == claim.token:
                file.unlink(missing_ok=True)

    def standing(self) -> dict[str, Claim]:
        """Return the claims whose lease has not run out, by content hash."""
        now = time.time()
        found = ((file, _read(file)) for file in sorted(self.path.glob("*.json")))
        return {
            claim.content_sha256: claim
            for file, claim in found
            if claim is not None and _left_s(file, claim, now) > 0
        }

    def _file(self, content_sha256: str) -> Path:
        return self.path / f"{hashlib.sha256(content_sha256.encode()).hexdigest()[:32]}.json"

    def _make_folder(self) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise StoreError(
                f"Cannot write {str(self.path)!r}: {exc.strerror or exc}",
                remedy="Check that the folder is writable and has space.",
            ) from exc


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[float]:
    """Keep others off one claim; yield the time by the clock of the disk that holds it."""
    lock = file.with_suffix(".lock")
    with lock_file(lock, "a claim", wait_s=_WAIT_S, stale_after_s=_STALE_AFTER_S):
        yield lock.stat().st_mtime


def _left_s(file: Path, claim: Claim, now: float) -> float:
    """Return how many seconds a claim still holds; 0 if it was given back meanwhile."""
    try:
        return claim.lease_s - (now - file.stat().st_mtime)
    except FileNotFoundError:
        return 0.0


def _read(file: Path) -> Claim | None:
    """Return a claim; one that cannot be read claims nothing."""
    try:
        record: Any = json.loads(file.read_bytes())
        return replace(Claim(**record), lease_s=float(record["lease_s"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(file: Path, claim: Claim) -> None:
    with atomic_file(file) as partial:
        partial.write_text(json.dumps(asdict(claim)), encoding="ascii")
