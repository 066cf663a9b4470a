"""Whether a folder lies where SQLite's locks can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from sar_models.domain.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SHARED = frozenset(
    (
        *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "afpfs", "webdav"),
        *("davfs", "davfs2", "ncpfs", "9p", "ceph", "glusterfs", "lustre", "gpfs", "beegfs"),
        *("panfs", "ocfs2", "gfs2", "pvfs2", "virtiofs", "vboxsf", "vmhgfs", "prl_fs"),
    )
)
_SHARED_THROUGH_FUSE = ("sshfs", "gluster", "ceph", "s3", "gcs", "rclone", "davfs", "smb")


def check_local(folder: Path) -> None:
    """Refuse a folder on a disk that several machines share.

    Locks of such disks are kept by each machine for itself, or not at all, whatever they answer:
    two machines that write at once damage the database without an error.

    Parameters
    ----------
    folder : Path
        An existing folder.

    Raises
    ------
    StoreError
        If its file system is one of a network.
    """
    kind = _file_system(
        folder, ((p.mountpoint, p.fstype) for p in psutil.disk_partitions(all=True))
    )
    name = kind.lower()
    through_fuse = name.startswith("fuse.") and any(n in name for n in _SHARED_THROUGH_FUSE)
    if name in _SHARED or through_fuse or str(folder.resolve()).startswith("\\\\"):
        raise StoreError(
            f"{str(folder)!r} is on a shared disk ({kind or 'a network path'}), where the queue's "
            "locks do not hold",
            remedy="Give a folder on a disk of this machine with --queue; results stay where they "
            "are.",
        )


def _file_system(folder: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """Return the kind of file system that holds a folder; empty if nobody says."""
    places = {str(folder.resolve()), *(str(parent) for parent in folder.resolve().parents)}
    found = [(len(point), kind) for point, kind in mounts if point in places]
    # Of mounts on one another's place the last one is seen.
    return max(enumerate(found), key=lambda item: (item[1][0], item[0]))[1][1] if found else ""
