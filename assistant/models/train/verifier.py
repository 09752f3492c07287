"""Train the verifier."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from assistant.models.train.loop import train
from assistant.models.train.networks import VerifierNetwork
from assistant.models.train.verifier_data import Checked, encoded, mixture
from assistant.packing import batches, padded

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SLAB = 8192


def tensors(checked: Sequence[Checked], device: torch.device) -> dict[str, Tensor]:
    """Stack pairs."""
    stacked = padded([item.packed for item in checked])
    return {name: torch.from_numpy(stacked[name]).to(device) for name in INPUTS}


def loss(network: VerifierNetwork, checked: Sequence[Checked], device: torch.device) -> Tensor:
    """Cross-entropy; "not entailed" is the sum of neutral and contradicted."""
    logits = network(**tensors(checked, device)).log_softmax(-1)
    four = torch.cat([logits, logits[:, 1:].logsumexp(-1, keepdim=True)], -1)
    return functional.nll_loss(four, torch.tensor([item.label for item in checked], device=device))


def run(network: VerifierNetwork, data: Path, config: dict[str, Any], folder: Path, device: torch.device) -> None:
    """Train it on what is below a folder of data; see `verifier_data.mixture`."""

    def steps(number: int) -> Iterator[tuple[int, Callable[[], Tensor]]]:
        draw = random.Random(config["seed"] * 1000 + number)  # noqa: S311 (no secret)
        order = encoded(mixture(data, config, number))
        draw.shuffle(order)
        groups: list[list[Checked]] = []
        for start in range(0, len(order), SLAB):  # like lengths share a step; which step is left to chance
            part = order[start : start + SLAB]
            groups += [[part[i] for i in group] for group in batches([c.packed for c in part], config["batch_tokens"])]
        draw.shuffle(groups)
        for group in groups:
            yield sum(len(c.packed.ids) for c in group), lambda group=group: loss(network, group, device)  # type: ignore[misc]

    torch.manual_seed(config["seed"])
    network.train()
    train(network, steps, config, folder / "verifier.checkpoint", device)
