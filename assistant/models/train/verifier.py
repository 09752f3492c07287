"""Train the verifier."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from torch import Tensor
from torch.nn import functional

from assistant.models.train.loop import train
from assistant.models.train.networks import VerifierNetwork
from assistant.models.train.verifier_data import LABELS, Checked, Pair, encoded
from assistant.packing import batches, padded

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
SLAB = 2048


def tensors(checked: Sequence[Checked], device: torch.device) -> dict[str, Tensor]:
    """Stack pairs."""
    stacked = padded([item.packed for item in checked])
    return {name: torch.from_numpy(stacked[name]).to(device) for name in INPUTS}


def loss(network: VerifierNetwork, checked: Sequence[Checked], device: torch.device) -> Tensor:
    """Cross-entropy; "not entailed" is the sum of neutral and contradicted."""
    logits = network(**tensors(checked, device)).log_softmax(-1)
    four = torch.cat([logits, logits[:, 1:].logsumexp(-1, keepdim=True)], -1)
    return functional.nll_loss(four, torch.tensor([item.label for item in checked], device=device))


def run(
    network: VerifierNetwork, checked: list[Checked], config: dict[str, Any], folder: Path, device: torch.device
) -> None:
    """Train it."""

    def steps(number: int) -> Iterator[tuple[int, Callable[[], Tensor]]]:
        draw = random.Random(config["seed"] * 1000 + number)  # noqa: S311 (no secret)
        order = list(checked)
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


@torch.no_grad()
def entailed(network: VerifierNetwork, checked: Sequence[Checked], device: torch.device) -> list[float]:
    """Give each pair's probability of being entailed."""
    network.eval()
    found = [0.0] * len(checked)
    for group in batches([c.packed for c in checked], 8192):
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = network(**tensors([checked[i] for i in group], device))
        for place, probability in zip(group, logits.softmax(-1)[:, LABELS["entailment"]].tolist(), strict=True):
            found[place] = probability
    return found


def figures(network: VerifierNetwork, pairs: list[Pair], device: torch.device) -> dict[str, dict[str, float]]:
    """Measure, by source: pairs, balanced accuracy at one half, and AUC, of "entailed" against the rest."""
    chances = entailed(network, encoded(pairs), device)
    found: dict[str, dict[str, float]] = {}
    for source in sorted({pair.source for pair in pairs}):
        places = [place for place, pair in enumerate(pairs) if pair.source == source]
        truth = [pairs[place].label == LABELS["entailment"] for place in places]
        said = [chances[place] for place in places]
        if len(set(truth)) > 1:
            accuracy = balanced_accuracy_score(truth, [chance >= 0.5 for chance in said])
            found[source] = {"pairs": len(places), "balanced_accuracy": accuracy, "auc": roc_auc_score(truth, said)}
    return {source: {name: round(float(value), 4) for name, value in row.items()} for source, row in found.items()}
