"""Pairs by names, tags, key-value pairs and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sar_models.domain.errors import InputError, OptionError
from sar_omero.cli.pairing import paired, require_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from sar_models.stores.pairing import Pairing


def image(number: int, name: str, tags: tuple[str, ...] = (), **values: str) -> dict[str, Any]:
    slide = f"omero://h:4064/image/{number}"
    return {"slide": slide, "id": number, "name": name, "tags": list(tags), "values": values}


IMAGES = [
    image(1, "b1_HE", ("B1", "HE"), Block="1", Stain="HE"),
    image(2, "b1_CD3", ("B1", "cd3", "urgent"), Block="1", Stain="CD3"),
    image(3, "b2_CD3", ("B2", "CD3"), Block="2", Stain="CD3"),
    image(4, "twin", ()),
    image(5, "twin", ()),
]


def pairs(**way: Any) -> Pairing:
    return paired(IMAGES, **({"table": None, "pattern": None, "values": None, "tags": None} | way))


@pytest.mark.parametrize(
    ("way", "lacking"),
    [
        ({"pattern": r"(?P<case>[^_]+)_(?P<stain>\w+)"}, "does not match"),
        ({"values": "Block,Stain"}, "lacks a value of 'Block' or 'Stain'"),
        ({"tags": r"B\d+,HE|CD3"}, "no tag, or several"),
    ],
)
def test_all_ways_find_the_same_pair_and_tell_the_rest(way: dict[str, str], lacking: str) -> None:
    found = pairs(reference="he", **way)
    assert [(p.source[-1], p.target[-1]) for p in found.pairs] == [("2", "1")]
    reasons = {left.slide[-1]: left.reason for left in found.leftovers}
    assert set(reasons) == {"3", "4", "5"}
    assert "no slide of the reference stain" in reasons["3"]
    assert lacking in reasons["4"]


def test_a_table_may_name_images_by_name_id_or_address(tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(
        "source;target\n2;b1_HE\nImage:3;omero://h:4064/image/1\ntwin (Image:4);twin (Image:5)\n"
    )
    found = pairs(table=table, reference=None)
    assert [(p.source[-1], p.target[-1]) for p in found.pairs] == [
        ("2", "1"),
        ("3", "1"),
        ("4", "5"),
    ]
    table.write_text("source,target\nnix,b1_HE\n")
    with pytest.raises(InputError, match="line 2: 'nix' is no slide"):
        pairs(table=table, reference=None)


@pytest.mark.parametrize(
    "way",
    [
        {"reference": None},
        {"reference": "HE"},
        {"reference": None, "values": "Block,Stain"},
        {"reference": "HE", "values": "Block"},
        {"reference": "HE", "tags": "(,HE"},
        {"reference": "HE", "values": "a,b", "tags": "a,b"},
    ],
)
def test_options_that_do_not_say_it_are_refused(way: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        pairs(**way)


def test_no_pair_is_an_error_with_its_reason() -> None:
    with pytest.raises(InputError, match="None of the 5 slides make a pair"):
        require_pairs(pairs(reference="nix", values="Block,Stain"), IMAGES)
