"""``ReviewQueue``: alignments to decide on, riskiest first, in a notebook."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets

from sar_models.domain.errors import OptionError, SarAlignError
from sar_models.domain.review import ReviewStatus
from sar_models.stores.reviews import QueueFilter, ReviewLog, log_folder
from sar_widgets.batches import Batch, complete_batch, propose_batch
from sar_widgets.canvas import Canvas
from sar_widgets.desk import ReviewDesk
from sar_widgets.fixing import fix, realign
from sar_widgets.items import slide_opener
from sar_widgets.reviewing import PageReview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sar_models.stores.reviews import QueueEntry
    from sar_widgets.fixing import Realign
    from sar_widgets.items import OpenSlide
    from sar_widgets.landmarks import LandmarkBoard
    from sar_widgets.options import ViewerOptions

_LISTED = 200
_STATUSES = {
    "All": None,
    "Not reviewed": frozenset({ReviewStatus.UNREVIEWED}),
    "Accepted": frozenset({ReviewStatus.ACCEPTED}),
    "Rejected": frozenset({ReviewStatus.REJECTED}),
    "Needs a fix": frozenset({ReviewStatus.NEEDS_FIX}),
    "Disagreement": frozenset({ReviewStatus.DISAGREEMENT}),
}


class ReviewCanvas(Canvas):
    """The viewer with the decision bar; :class:`ReviewQueue` has it and the rest.

    Parameters
    ----------
    desk : ReviewDesk
        Open.
    opener : callable
        Opens the slide of a record.
    options : ViewerOptions, optional
    **traits
        See :class:`Canvas`.
    """

    def __init__(
        self,
        desk: ReviewDesk,
        opener: OpenSlide,
        options: ViewerOptions | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(options, **traits)
        self.set_trait("review", True)
        self.page = PageReview(desk, self.session, self._post, opener)

    def answer(self, message: Mapping[str, Any]) -> None:
        """Hand a message of the page to the review."""
        self.page.handle(message)


@dataclass(frozen=True)
class _Controls:
    """What stands around the viewer."""

    status: ipywidgets.Dropdown
    risk: ipywidgets.FloatRangeSlider
    name: ipywidgets.Text
    blind: ipywidgets.Checkbox
    refresh: ipywidgets.Button
    entries: ipywidgets.Select
    batch_risk: ipywidgets.BoundedFloatText
    batch_share: ipywidgets.BoundedFloatText
    draw: ipywidgets.Button
    complete: ipywidgets.Button
    said: ipywidgets.Text


class ReviewQueue(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Review the alignments of a folder in a notebook.

    A decision is in the review log, on the disk, before the next item shows. Where one was is
    found from the log: after a restart the same cell goes on there.

    Parameters
    ----------
    folder : path or ReviewLog
        Folder of alignment folders, or the log of one.
    slides : path, optional
        Folder to look for the slide files in, before the places that the records name.
    wanted : QueueFilter, optional
    opener : callable, optional
        Opens the slide of a record, for slides that are no files.
    options : ViewerOptions, optional
    **traits
        ``mode``, ``opacity``, ``height``: see :class:`AlignmentViewer`.

    Raises
    ------
    InputError
        If there is no such folder.
    StoreError
        If nobody can say who reviews.

    Examples
    --------
    >>> ReviewQueue("aligned", slides="slides")  # doctest: +SKIP
    """

    def __init__(
        self,
        folder: Path | str | ReviewLog,
        slides: Path | str | None = None,
        *,
        wanted: QueueFilter | None = None,
        opener: OpenSlide | None = None,
        options: ViewerOptions | None = None,
        **traits: Any,
    ) -> None:
        log = folder if isinstance(folder, ReviewLog) else ReviewLog(log_folder(Path(folder)))
        self.desk = ReviewDesk(log, wanted)
        self.desk.open()
        found = opener or slide_opener(*([] if slides is None else [Path(slides)]))
        self._opener = found
        self.canvas = ReviewCanvas(self.desk, found, options, **traits)
        self._batch: Batch | None = None
        self._updating = False
        self._controls = _controls(self.desk.wanted)
        self._wire()
        self._update()
        self.desk.on_change(self._update)
        super().__init__([*self._layout(), self.canvas])

    def fix(self, landmarks: LandmarkBoard, how: Realign = realign) -> Future[Path]:
        """Make one fragment of the current alignment anew under landmarks, in a thread.

        The new version lies beside the old one and joins the queue; the old one stays.

        Parameters
        ----------
        landmarks : LandmarkBoard
        how : callable
            Does the work; by default the engine's correction.

        Returns
        -------
        Future
            Of the new alignment folder; its ``result()`` raises what went wrong.

        Raises
        ------
        OptionError
            If nothing is shown.
        """
        entry = self.desk.current
        if entry is None:
            raise OptionError("There is nothing to fix", remedy="The queue is done.")
        done: Future[Path] = Future()
        work = partial(self._fix, done, self.desk.log.folder / entry.alignment.name, landmarks, how)
        self.canvas.session.pool.submit(work)
        return done

    def _fix(
        self, done: Future[Path], folder: Path, landmarks: LandmarkBoard, how: Realign
    ) -> None:
        try:
            place = fix(folder, landmarks, self._opener, how)
            self.desk.refresh()
        except Exception as exc:  # noqa: BLE001 - the edge of a thread: the future tells it
            done.set_exception(exc)
            return
        done.set_result(place)
        self._update()

    def close(self) -> None:
        """Give the claim back, end the threads, close the slides, take it off the page."""
        if getattr(self, "desk", None) is not None:
            self.desk.close()
            self.canvas.close()
            for control in vars(self._controls).values():
                control.close()
            for box in self.children:
                box.close()
        super().close()

    def _layout(self) -> list[ipywidgets.Widget]:
        c = self._controls
        filters = ipywidgets.HBox([c.status, c.risk, c.name, c.blind, c.refresh])
        batch = ipywidgets.HBox([c.batch_risk, c.batch_share, c.draw, c.complete])
        for row in (filters, batch):
            row.layout.flex_flow = "row wrap"
        return [filters, c.entries, batch, c.said]

    def _wire(self) -> None:
        c = self._controls
        c.refresh.on_click(lambda _: self._try(self._show_wanted))
        for control in (c.status, c.risk, c.name, c.blind):
            control.observe(lambda _: self._try(self._show_wanted), "value")
        c.entries.observe(lambda change: self._try(lambda: self._choose(change["new"])), "value")
        c.draw.on_click(lambda _: self._try(self._draw_sample))
        c.complete.on_click(lambda _: self._try(self._complete))

    def _try(self, act: Callable[[], None]) -> None:
        """Do what a control asks for; what cannot be done is told below it."""
        self._controls.said.value = ""
        try:
            act()
        except SarAlignError as exc:
            self._controls.said.value = str(exc)

    def _show_wanted(self) -> None:
        c = self._controls
        low, high = c.risk.value
        blind = c.blind.value
        wanted = QueueFilter(
            statuses=None if blind else _STATUSES[c.status.value],
            min_risk=low,
            max_risk=high,
            blind=blind,
            name=c.name.value,
        )
        self.desk.show(wanted)
        self._update()
        self.canvas.page.show()

    def _choose(self, content: str | None) -> None:
        current = self.desk.current
        here = None if current is None else current.alignment.content_sha256
        if content and content != here and not self._updating:
            self.desk.go_to(content)
            self.canvas.page.show()

    def _draw_sample(self) -> None:
        c = self._controls
        self._batch = propose_batch(self.desk, c.batch_risk.value, c.batch_share.value)
        self.desk.go_to(self._batch.sample[0])
        self.canvas.page.show()
        names = [
            entry.alignment.name
            for entry in self.desk.entries
            if entry.alignment.content_sha256 in self._batch.sample
        ]
        c.said.value = (
            f"{len(self._batch.contents)} up to this risk. Look at {', '.join(names)}, then accept "
            "the rest."
        )

    def _complete(self) -> None:
        if self._batch is None:
            self._controls.said.value = "Draw a sample first."
            return
        count = complete_batch(self.desk, self._batch)
        self._batch = None
        self._controls.said.value = f"{count} more accepted, marked as a batch."
        self.canvas.page.show()

    def _update(self) -> None:
        """Show the entries around one's place; of thousands only these go to the page."""
        at = self.desk.position or 0
        first = max(0, min(at - _LISTED // 4, len(self.desk.entries) - _LISTED))
        near = self.desk.entries[first : first + _LISTED]
        rows = [(_row(i, entry, self.desk), entry) for i, entry in enumerate(near, first + 1)]
        options = [(text, entry.alignment.content_sha256 or text) for text, entry in rows]
        current = self.desk.current
        select = self._controls.entries
        self._updating = True  # what changes now is no choice of the reviewer's
        try:
            select.options = options
            select.value = None if current is None else current.alignment.content_sha256
        finally:
            self._updating = False


def _row(number: int, entry: QueueEntry, desk: ReviewDesk) -> str:
    summary = entry.alignment
    if summary.problem:
        return f"{number}. {summary.name}: cannot be read"
    mine = desk.own_decision(summary.content_sha256)
    said = (mine or "to do") if desk.wanted.blind else entry.status.value
    why = "; ".join(summary.reasons)
    return f"{number}. {summary.name} · risk {100 * summary.risk:.0f} % · {said} · {why}"


def _controls(wanted: QueueFilter) -> _Controls:
    wide = ipywidgets.Layout(width="99%")
    return _Controls(
        status=ipywidgets.Dropdown(options=list(_STATUSES), description="Status"),
        risk=ipywidgets.FloatRangeSlider(
            value=(wanted.min_risk, wanted.max_risk),
            min=0.0,
            max=1.0,
            step=0.05,
            description="Risk",
            continuous_update=False,
        ),
        name=ipywidgets.Text(
            value=wanted.name, description="Name", continuous_update=False, placeholder="contains"
        ),
        blind=ipywidgets.Checkbox(value=wanted.blind, description="Blind second reading"),
        refresh=ipywidgets.Button(description="Refresh", tooltip="See what others decided"),
        entries=ipywidgets.Select(options=[], rows=5, description="Queue", layout=wide),
        batch_risk=ipywidgets.BoundedFloatText(
            value=0.1, min=0.0, max=1.0, step=0.05, description="Batch to risk"
        ),
        batch_share=ipywidgets.BoundedFloatText(
            value=0.1, min=0.01, max=1.0, step=0.05, description="Look at"
        ),
        draw=ipywidgets.Button(description="Draw sample"),
        complete=ipywidgets.Button(description="Accept the rest"),
        said=ipywidgets.Text(disabled=True, layout=wide, placeholder="Messages"),
    )
