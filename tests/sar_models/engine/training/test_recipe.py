"""A folder belongs to one recipe and its data."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sar_models.domain.errors import InputError, OutputExistsError, UnknownVersionError
from sar_models.engine.training.losses import LossWeights
from sar_models.engine.training.recipe import RECIPE_NAME, Recipe, begin, read_recipe

if TYPE_CHECKING:
    from pathlib import Path

RECIPE = Recipe(steps=10)
DATA = {"generated": {"seeds": [1, 2]}}


def test_a_training_is_begun_once_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "training"
    begin(folder, RECIPE, DATA)
    record = read_recipe(folder)
    assert record["recipe"]["steps"] == 10
    assert record["recipe"]["weights"]["scene"] == LossWeights().scene
    assert record["data"] == DATA
    begin(folder, RECIPE, DATA)
    assert read_recipe(folder) == record


@pytest.mark.parametrize(
    ("recipe", "data", "told"),
    [
        (replace(RECIPE, seed=3), DATA, "recipe.seed 0, not 3"),
        (replace(RECIPE, norm="batch"), DATA, "recipe.norm 'instance', not 'batch'"),
        (replace(RECIPE, weights=LossWeights(cycle=0)), DATA, r"weights.cycle 0.2, not 0"),
        (RECIPE, {"generated": {"seeds": [1, 3]}}, r"generated.seeds \[1, 2\], not \[1, 3\]"),
        (RECIPE, DATA | {"tiles": {"count": 2}}, r"data.tiles None, not \{'count': 2\}"),
    ],
)
def test_another_recipe_or_other_data_is_refused(
    tmp_path: Path, recipe: Recipe, data: dict[str, object], told: str
) -> None:
    begin(tmp_path, RECIPE, DATA)
    before = (tmp_path / RECIPE_NAME).read_bytes()
    with pytest.raises(InputError, match=told):
        begin(tmp_path, recipe, data)
    assert (tmp_path / RECIPE_NAME).read_bytes() == before


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "slide.svs").write_bytes(b"precious")
    with pytest.raises(OutputExistsError, match="holds other files"):
        begin(tmp_path, RECIPE, DATA)
    with pytest.raises(OutputExistsError, match="is a file"):
        begin(tmp_path / "slide.svs", RECIPE, DATA)
    assert [path.name for path in tmp_path.iterdir()] == ["slide.svs"]


def test_records_that_cannot_be_read_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no training"):
        read_recipe(tmp_path)
    (tmp_path / RECIPE_NAME).write_text("[1]")
    with pytest.raises(InputError, match="is damaged"):
        read_recipe(tmp_path)
    (tmp_path / RECIPE_NAME).write_text(json.dumps({"version": 99}))
    with pytest.raises(UnknownVersionError, match="version 99"):
        read_recipe(tmp_path)
