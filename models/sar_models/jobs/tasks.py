"""What kinds of work there are; each is imported when the first job of its kind runs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from sar_models.domain.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TASKS: Mapping[str, str] = {"pair": "sar_models.jobs.pair_task:align_pair"}
"""Kind to ``"module:function"``. A queue names kinds only: whoever could write into it could not
make a worker run code of their choice."""


class Task(Protocol):
    """Does the work of a request."""

    def __call__(
        self,
        values: Mapping[str, Any],
        folder: Path,
        progress: Callable[[str, float], None],
        /,
    ) -> Mapping[str, Any]:
        """Fill ``folder`` with the result; return what to remember of it, as JSON values.

        Parameters
        ----------
        values : mapping
            Those of the request, with its id as ``request_id``.
        folder : Path
            Not there yet; its parent is, and is the task's alone. It is put in place, whole, when
            the task returns, and removed when it does not.
        progress : callable
            To be called every few seconds, with the name of the stage and the fraction done in
            [0, 1]. It does not return when the job is to stop.

        Raises
        ------
        InputError
            If what was handed in cannot be used: the job fails. Any other error is retried.
        """
        ...


def load_task(kind: str, tasks: Mapping[str, str]) -> Task:
    """Return the task of a kind.

    Raises
    ------
    OptionError
        If there is none.
    """
    if kind not in tasks:
        raise OptionError(
            f"Unknown kind of job {kind!r}",
            remedy=f"This version knows {', '.join(sorted(tasks))}.",
        )
    module, _, function = tasks[kind].partition(":")
    task: Task = getattr(import_module(module), function)
    return task
