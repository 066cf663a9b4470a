from __future__ import annotations

import subprocess
import sys

import sar_models.synthesis as synthesis


def test_all_names_exist_and_are_sorted_out() -> None:
    assert len(set(synthesis.__all__)) == len(synthesis.__all__)
    for name in synthesis.__all__:
        assert hasattr(synthesis, name)


def test_synthesis_needs_no_torch() -> None:
    code = "import sys, sar_models.synthesis; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
