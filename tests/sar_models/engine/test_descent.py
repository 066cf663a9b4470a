"""Gradient descent without torch's optimiser classes."""

from __future__ import annotations

import subprocess
import sys

import torch

from sar_models.engine.descent import minimised


def _bowl(parameters: torch.Tensor) -> torch.Tensor:
    return ((parameters - torch.tensor([3.0, -2.0])) ** 2 * torch.tensor([1.0, 4.0])).sum()


def test_steps_are_those_of_adam() -> None:
    expected = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.Adam([expected], lr=0.1)
    for _ in range(25):
        optimiser.zero_grad()
        _bowl(expected).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert torch.equal(minimised(_bowl, torch.zeros(2), 0.1, 25), expected.detach())


def test_the_minimum_is_found_and_the_start_kept() -> None:
    start = torch.zeros(2)
    found = minimised(_bowl, start, 0.1, 400)
    assert torch.allclose(found, torch.tensor([3.0, -2.0]), atol=1e-2)
    assert not start.any()
    assert not found.requires_grad


def test_the_compiler_is_not_imported() -> None:
    code = (
        "import sys, torch; from sar_models.engine.descent import minimised;"
        "minimised(lambda x: (x * x).sum(), torch.ones(1), 0.1, 2);"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
