"""Two slides to align as a request: what is asked, and its identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sar_models.domain.errors import RecordError
from sar_models.domain.provenance import sha256_of
from sar_models.engine.identity import asked_provenance, shipped_weights
from sar_models.jobs.pair_options import options_from_values, options_to_values
from sar_models.jobs.request import Request
from sar_models.jobs.slide_ref import SlideRef

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """

    source: SlideRef
    target: SlideRef
    options: AlignOptions

    def to_values(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "source": self.source.to_record(),
            "target": self.target.to_record(),
            "options": options_to_values(self.options),
        }

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
        return cls(refs[0], refs[1], options_from_values(options))


def pair_request(source: SlideRef, target: SlideRef, options: AlignOptions) -> Request:
    """Return the request to align two slides; both are opened, to know what they are.

    Raises
    ------
    SlideError
        If one cannot be opened.
    StoreError
        If its store cannot be.
    """
    with source.opened() as source_slide, target.opened() as target_slide:
        infos = source_slide.info, target_slide.info
    return described_request(source, target, options, infos)


def described_request(
    source: SlideRef,
    target: SlideRef,
    options: AlignOptions,
    infos: tuple[SlideInfo, SlideInfo],
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
    return _request(source, target, options, asked.request_id, sha256_of(subject))


def unreadable_request(
    source: SlideRef, target: SlideRef, options: AlignOptions, why: str
) -> Request:
    """Return the request to align slides that cannot be opened: it will fail, with its record.

    Once they can be opened the request is another one.
    """
    values = PairValues(source, target, options).to_values()
    asked = sha256_of({"unreadable": why, "values": values})
    return _request(source, target, options, asked, asked)


def _request(
    source: SlideRef, target: SlideRef, options: AlignOptions, asked: str, subject: str
) -> Request:
    return Request(
        kind=KIND,
        id=asked,
        subject=subject,
        title=f"{source.name} → {target.name}",
        label=f"{_stem(source.name)}--{_stem(target.name)}",
        values=PairValues(source, target, options).to_values(),
    )


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
