from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sar_models.domain.errors import StoreError
from sar_models.jobs import Queue
from sar_models.jobs.local_disk import check_local


def mounted(monkeypatch: pytest.MonkeyPatch, *mounts: tuple[Path, str]) -> None:
    partitions = [SimpleNamespace(mountpoint=str(point), fstype=kind) for point, kind in mounts]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: partitions)


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "CIFS", "9p"])
def test_shared_disks_are_refused_with_a_way_out(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted(monkeypatch, (Path("/"), "ext4"), (tmp_path, kind))
    with pytest.raises(StoreError, match=r"--queue"):
        Queue.open(tmp_path / "out")


@pytest.mark.parametrize("kind", ["ext4", "apfs", "overlay", "NTFS", "fuseblk", "tmpfs"])
def test_local_disks_are_taken(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, (Path("/"), "nfs4"), (tmp_path, kind))
    check_local(tmp_path)


def test_the_mount_on_top_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounted(monkeypatch, (tmp_path, "ext4"), (tmp_path, "nfs4"))
    with pytest.raises(StoreError):
        check_local(tmp_path)
