from __future__ import annotations

import types

import sar_models.stores
import sar_models.stores.readers


def test_all_is_what_there_is() -> None:
    for module in (sar_models.stores, sar_models.stores.readers):
        public = {
            name
            for name, value in vars(module).items()
            if not name.startswith("_") and not isinstance(value, types.ModuleType)
        }
        assert public == set(module.__all__)
