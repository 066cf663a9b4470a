import subprocess
import sys

import sar_models.report


def test_public_names() -> None:
    assert sar_models.report.__all__ == ["SlideView", "render_previews", "render_report"]
    assert all(hasattr(sar_models.report, name) for name in sar_models.report.__all__)


def test_importing_the_report_loads_no_engine() -> None:
    code = (
        "import sys, sar_models.report\n"
        "assert not {'torch', 'matplotlib', 'sar_models.engine'} & set(sys.modules)"
    )
    paths = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=paths)
