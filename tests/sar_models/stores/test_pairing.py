from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import InputError, OptionError
from sar_models.stores import PairNames, pair_by_hand, pair_by_pattern, pair_by_table

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = r"(?P<case>[^_]+)_(?P<stain>[^_.]+)"
SLIDES = ["1_CD3.svs", "1_HE.svs", "1_Ki67.svs", "2_he.tif", "2_CD3.ome.tif", "notes.png"]


def test_cases_and_stains_in_names() -> None:
    pairing = pair_by_pattern(SLIDES, PATTERN, "HE")
    assert pairing.pairs == (
        PairNames("1_CD3.svs", "1_HE.svs"),
        PairNames("1_Ki67.svs", "1_HE.svs"),
        PairNames("2_CD3.ome.tif", "2_he.tif"),
    )
    assert [(rest.slide, rest.reason) for rest in pairing.leftovers] == [
        ("notes.png", "its name does not match the pattern")
    ]


@pytest.mark.parametrize(
    ("slides", "reason"),
    [
        (["1_HE.svs"], "case '1' has no other stain"),
        (["1_CD3.svs", "1_Ki67.svs"], "case '1' has no slide of the reference stain 'HE'"),
        (["1_HE.svs", "1_HE.tif", "1_CD3.svs"], "case '1' has 2 slides of the reference stain"),
    ],
)
def test_what_cannot_be_paired_is_reported(slides: list[str], reason: str) -> None:
    pairing = pair_by_pattern(slides, PATTERN, "HE")
    assert pairing.pairs == ()
    assert [rest.slide for rest in pairing.leftovers] == slides
    assert all(rest.reason.startswith(reason) for rest in pairing.leftovers)


def test_optional_groups_that_do_not_match_are_leftovers() -> None:
    pairing = pair_by_pattern(["1.svs"], r"(?P<case>\d)(_(?P<stain>\w+))?", "HE")
    assert pairing.leftovers[0].slide == "1.svs"


@pytest.mark.parametrize(
    ("pattern", "message"),
    [("(", "no regular expression"), ("(?P<case>.)", "no group 'stain'"), ("x", "'case' and")],
)
def test_bad_patterns(pattern: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        pair_by_pattern(SLIDES, pattern, "HE")


def test_by_hand_with_and_without_suffix() -> None:
    pairing = pair_by_hand([("1_CD3", "1_HE.svs"), ("2_CD3", "2_he")], SLIDES)
    assert pairing.pairs == (
        PairNames("1_CD3.svs", "1_HE.svs"),
        PairNames("2_CD3.ome.tif", "2_he.tif"),
    )
    assert {rest.slide for rest in pairing.leftovers} == {"1_Ki67.svs", "notes.png"}


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("nix", "1_HE.svs"), "Pair 1: 'nix' is no slide of the store"),
        (("1_HE", "1_HE.svs"), "Pair 1 pairs '1_HE.svs' with itself"),
    ],
)
def test_bad_pairs(pair: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        pair_by_hand([pair], SLIDES)


def test_an_ambiguous_stem_is_refused() -> None:
    with pytest.raises(InputError, match=r"'a' fits 'a\.svs', 'a\.tif'"):
        pair_by_hand([("a", "b.svs")], ["a.svs", "a.tif", "b.svs"])


@pytest.mark.parametrize(
    "text",
    [
        "source,target\n1_CD3.svs,1_HE.svs\n2_CD3,2_he.tif\n",
        "\ufeffSource;Target;note\r\n1_CD3.svs;1_HE.svs;x\r\n\r\n2_CD3;2_he.tif;\r\n",
        "note\ttarget\tsource\n,\t1_HE.svs\t 1_CD3.svs\n\t2_he.tif\t2_CD3\n",
        '"source", "target"\n"1_CD3.svs", "1_HE.svs"\n"2_CD3", "2_he.tif"\n',
    ],
)
def test_tables(text: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(text.encode())
    assert pair_by_table(path, SLIDES).pairs == (
        PairNames("1_CD3.svs", "1_HE.svs"),
        PairNames("2_CD3.ome.tif", "2_he.tif"),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "no column 'source' and 'target'"),
        (b"", "no column"),
        (b"source,target\n1_CD3.svs\n", "line 2: '' is no slide"),
        (b"source,target\n1_CD3,1_HE\n1_CD3,1_HE\n", "line 3 repeats 'pairs.csv', line 2"),
        (b"source,target\n\xff\xfe,x\n", "cannot be read"),
    ],
)
def test_bad_tables(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        pair_by_table(path, SLIDES)


def test_a_missing_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        pair_by_table(tmp_path / "nix.csv", SLIDES)
