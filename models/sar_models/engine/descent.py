"""Gradient descent: a fixed number of Adam's steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.optim.adam import adam

if TYPE_CHECKING:
    from collections.abc import Callable


def minimised(
    loss: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor, rate: float, steps: int
) -> torch.Tensor:
    """Return parameters after so many steps of Adam towards a lower loss.

    By torch's functional form: its optimiser classes import the compiler, which takes a process
    longer than many an alignment's refinement.

    Parameters
    ----------
    loss : callable
        Of parameters, a number.
    start : tensor
        First parameters; left as they are.
    rate : float
    steps : int
    """
    parameters = start.detach().clone().requires_grad_(True)
    mean, square = torch.zeros_like(start), torch.zeros_like(start)
    step = torch.tensor(0.0)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(loss(parameters), parameters)
        with torch.no_grad():
            adam(
                [parameters],
                [gradient],
                [mean],
                [square],
                [],
                [step],
                foreach=False,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=rate,
                weight_decay=0.0,
                eps=1e-8,
                maximize=False,
            )
    return parameters.detach()
