"""What is kept of an attempt that failed: enough to understand it, nothing that is secret."""

from __future__ import annotations

import json
import platform
import shutil
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sar_models.__about__ import __version__
from sar_models.domain.errors import SarAlignError
from sar_models.jobs.redaction import redacted
from sar_models.stores.atomic import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.jobs.job import Job
    from sar_models.jobs.layout import Layout

_KIND = "sar-align/failure"
_VERSION = 1
_LOG_BYTES = 20_000


@dataclass(frozen=True)
class Failure:
    """Why an attempt failed.

    Parameters
    ----------
    reason : str
        One or two sentences.
    error : str
        Name of the exception's class; empty where a process died.
    stage : str
        What was being done.
    details : str
        Traceback, or the end of what the process printed.
    """

    reason: str
    error: str = ""
    stage: str = ""
    details: str = ""


def failure_of(error: BaseException, stage: str) -> Failure:
    """Return what is to be known of an error, without secrets."""
    known = isinstance(error, SarAlignError)
    reason = str(error) if known else f"{type(error).__name__}: {error}"
    details = "".join(traceback.format_exception(error))
    return Failure(redacted(reason), type(error).__name__, stage, redacted(details))


def failure_of_process(exit_code: int | None, log: Path, stage: str) -> Failure:
    """Return what is to be known of a worker that ended by itself.

    Parameters
    ----------
    exit_code : int or None
        Negative: the signal that ended it.
    log : Path
        What it printed.
    stage : str
    """
    if exit_code is not None and exit_code < 0:
        reason = f"its worker process was ended by signal {-exit_code}"
        reason += " (killed, perhaps for want of memory)" if exit_code == -9 else ""
    else:
        reason = f"its worker process ended with code {exit_code}"
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_BYTES))
            printed = file.read().decode("utf-8", "replace")
    except OSError:
        printed = ""
    return Failure(reason, "", stage, redacted(printed))


def keep_failure(layout: Layout, job: Job, failure: Failure) -> Path:
    """Write down why an attempt failed; return the file."""
    folder = layout.failures / job.folder
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"attempt-{job.attempt}.json"
    record = {
        "kind": _KIND,
        "schema_version": _VERSION,
        "request_id": job.id,
        "title": job.title,
        "attempt": job.attempt,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "reason": failure.reason,
        "error": failure.error,
        "stage": failure.stage,
        "details": failure.details.splitlines(),
        "versions": {"sar-align": __version__, "python": platform.python_version()},
    }
    with atomic_file(path) as partial:
        partial.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return path


def forget_failures(layout: Layout, job: Job) -> None:
    """Remove what was kept of earlier attempts of a job that is done now."""
    shutil.rmtree(layout.failures / job.folder, ignore_errors=True)
