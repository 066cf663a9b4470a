"""Two slides to align as a request: what is asked, and its identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError
from sar_models.domain.provenance import sha256_of
from sar_models.engine.correction import check_parent
from sar_models.engine.identity import asked_provenance, shipped_weights
from sar_models.jobs.pair_options import options_from_values, options_to_values
from sar_models.jobs.request import Request
from sar_models.jobs.slide_ref import SlideRef
from sar_models.stores.alignment_folder import read_alignment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sar_models.domain.slides import SlideInfo
    from sar_models.engine import AlignOptions

KIND = "pair"


@dataclass(frozen=True)
class PairValues:
    """What the task needs to know.

    Parameters
    ----------
    source, target : SlideRef
    options : AlignOptions
    parent : str or None
        Folder of the alignment of which one fragment is corrected.
    """

    source: SlideRef
    target: SlideRef
    options: AlignOptions
    parent: str | None = None

    def to_values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        values = {
            "source": self.source.to_record(),
            "target": self.target.to_record(),
            "options": options_to_values(self.options),
        }
        return values if self.parent is None else values | {"parent": self.parent}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> PairValues:
        """Return what JSON values hold.

        Raises
        ------
        RecordError
            If they have not the form that they should have.
        """
        try:
            refs = [SlideRef(**values[name]) for name in ("source", "target")]
            options = values["options"]
        except (KeyError, TypeError) as exc:
            raise RecordError(f"The request cannot be read: {exc!r}") from exc
        return cls(refs[0], refs[1], options_from_values(options), values.get("parent"))


def pair_request(
    source: SlideRef, target: SlideRef, options: AlignOptions, parent: Path | None = None
) -> Request:
    """Return the request to align two slides; both are opened, to know what they are.

    Parameters
    ----------
    source, target : SlideRef
    options : AlignOptions
    parent : Path or None
        Folder of the alignment of which one fragment is corrected.

    Raises
    ------
    SlideError
        If one cannot be opened.
    StoreError
        If its store cannot be.
    """
    with source.opened() as source_slide, target.opened() as target_slide:
        infos = source_slide.info, target_slide.info
    if parent is not None:
        check_parent(read_alignment(parent), *infos)
    return described_request(source, target, options, infos, parent)


def described_request(
    source: SlideRef,
    target: SlideRef,
    options: AlignOptions,
    infos: tuple[SlideInfo, SlideInfo],
    parent: Path | None = None,
) -> Request:
    """Return the request to align two slides of which is known what they are."""
    asked = asked_provenance(*infos, options, shipped_weights())
    subject = {
        "slides": dict(asked.slides),
        "options": dict(asked.options),
        "seed": asked.seed,
        "parent": asked.parent,
        "landmarks": asked.landmarks,
    }
    values = PairValues(source, target, options, None if parent is None else str(parent))
    return _request(values, asked.request_id, sha256_of(subject))


def unreadable_request(
    source: SlideRef, target: SlideRef, options: AlignOptions, why: str
) -> Request:
    """Return the request to align slides that cannot be opened: it will fail, with its record.

    Once they can be opened the request is another one.
    """
    values = PairValues(source, target, options)
    asked = sha256_of({"unreadable": why, "values": values.to_values()})
    return _request(values, asked, asked)


def _request(values: PairValues, asked: str, subject: str) -> Request:
    source, target = values.source, values.target
    return Request(
        kind=KIND,
        id=asked,
        subject=subject,
        title=f"{source.name} → {target.name}",
        label=f"{_stem(source.name)}--{_stem(target.name)}",
        values=values.to_values(),
    )


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
