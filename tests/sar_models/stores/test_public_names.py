from __future__ import annotations

import types

import pytest

import sar_models.jobs
import sar_models.stores
import sar_models.stores.readers


def test_all_is_what_there_is() -> None:
    module = sar_models.stores.readers
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert public == set(module.__all__)


@pytest.mark.parametrize("package", [sar_models.stores, sar_models.jobs])
def test_names_that_are_loaded_when_used_are_there(package: types.ModuleType) -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'open_slides'"):
        package.open_slides  # noqa: B018 - asking is what fails
