"""Train the reader."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from assistant.models.train.loop import Steps, train
from assistant.models.train.networks import ABSENT, ReaderNetwork
from assistant.models.train.reader_data import Example, ReaderData
from assistant.packing import batches, padded


def tensors(examples: Sequence[Example], device: torch.device) -> dict[str, Tensor]:
    """Stack examples."""
    most = max(example.packed.sentences for example in examples)
    stacked = {name: torch.from_numpy(array).to(device) for name, array in padded([e.packed for e in examples]).items()}
    stacked["places"] = torch.arange(1, most + 1, device=device)
    return stacked


def loss(network: ReaderNetwork, examples: Sequence[Example], config: dict[str, Any], device: torch.device) -> Tensor:
    """Sum the losses: is it answered (cross-entropy), which sentences do (each alone, and against the others)."""
    evidence, answered = network(**tensors(examples, device))
    wanted = torch.zeros_like(evidence)
    for row, example in enumerate(examples):
        wanted[row, list(example.evidence)] = 1.0
    there = evidence > ABSENT
    has = wanted.sum(-1) > 0
    whether = functional.binary_cross_entropy_with_logits(answered, has.float())
    each = functional.binary_cross_entropy_with_logits(evidence, wanted, reduction="none")
    each = (each * there).sum(-1) / there.sum(-1).clamp(min=1)
    share = wanted / wanted.sum(-1, keepdim=True).clamp(min=1.0)
    among = -(evidence.log_softmax(-1) * share).sum(-1)
    chosen = (among * has).sum() / has.sum().clamp(min=1)
    weight = float(config["evidence_weight"])
    total: Tensor = whether + weight * (each.mean() + 0.5 * chosen)
    return total


def steps(data: ReaderData, network: ReaderNetwork, config: dict[str, Any], device: torch.device) -> Steps:
    """Give the function that lays out an epoch's steps."""

    def of_epoch(number: int) -> Iterator[tuple[int, Callable[[], Tensor]]]:
        examples = data.epoch(number)
        groups: list[list[Example]] = []
        slab = 1024
        for start in range(0, len(examples), slab):  # like lengths share a step; which step is left to chance
            part = examples[start : start + slab]
            groups += [[part[i] for i in group] for group in batches([e.packed for e in part], config["batch_tokens"])]
        random.Random(config["seed"] + number).shuffle(groups)  # noqa: S311 (no secret)
        for group in groups:
            yield sum(len(e.packed.ids) for e in group), lambda group=group: loss(network, group, config, device)  # type: ignore[misc]

    return of_epoch


def run(network: ReaderNetwork, data: ReaderData, config: dict[str, Any], folder: Path, device: torch.device) -> None:
    """Train it."""
    torch.manual_seed(config["seed"])
    network.train()
    train(network, steps(data, network, config, device), config, folder / "reader.checkpoint", device)


@torch.no_grad()
def scores(network: ReaderNetwork, examples: Sequence[Example], device: torch.device) -> list[tuple[list[float], float]]:
    """Read examples: each sentence's evidence logit, and the answered logit."""
    network.eval()
    found: list[tuple[list[float], float]] = [([], 0.0)] * len(examples)
    for group in batches([e.packed for e in examples], 8192):
        part = [examples[i] for i in group]
        with torch.autocast(device.type, dtype=torch.bfloat16):
            evidence, answered = network(**tensors(part, device))
        for row, place in enumerate(group):
            found[place] = (evidence[row, : part[row].packed.sentences].tolist(), float(answered[row]))
    return found
