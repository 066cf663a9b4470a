from __future__ import annotations

from collections import Counter

from sar_models.synthesis import ARRANGEMENTS, ORGANS, TORN_VERSION, frozen_set


def test_the_frozen_set_covers_every_kind_of_tearing() -> None:
    frozen = frozen_set()
    assert len(frozen) >= 40
    assert len({seed for seed, _ in frozen}) == len(frozen)
    options = [each for _, each in frozen]
    pieces = Counter(each.pieces for each in options)
    assert set(pieces) == {1, 2, 3, 4, 5, 6}
    # A single piece has a single affine map, and proves nothing about tearing.
    assert pieces[1] <= 4
    assert min(Counter(each.source_arrangement for each in options).values()) >= 10
    assert {each.source_arrangement for each in options} == set(ARRANGEMENTS)
    assert {each.organ for each in options} == set(ORGANS)
    assert len({each.target_stain for each in options}) >= 6
    for name in ("target_lost", "source_lost", "target_controls", "source_controls"):
        assert sum(bool(getattr(each, name)) for each in options) >= 7, name
    assert sum(bool(each.mirrored_share) for each in options) >= 20


def test_seeds_and_options_are_frozen() -> None:
    assert TORN_VERSION == 1
    assert [seed for seed, _ in frozen_set()] == list(range(500_000, 500_044))
    told = [
        (o.pieces, o.source_arrangement, o.target_lost, o.source_lost, o.target_stain, o.organ)
        for _, o in frozen_set()[::11]
    ]
    assert told == [
        (1, "whole", 0, 0, "panck", "breast"),
        (1, "near", 0, 0, "trichrome", "tonsil"),
        (1, "apart", 0, 0, "ki67", "thyroid"),
        (1, "whole", 0, 0, "ki67", "prostate"),
    ]
