"""The training loop that both models share: a budget of tokens, a straight warm-up and decay, checkpoints."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

logger = logging.getLogger(__name__)

# For the number of an epoch, its steps: how many tokens each reads, and what computes its loss.
Steps = Callable[[int], Iterator[tuple[int, Callable[[], Tensor]]]]


def parameters(network: nn.Module, config: dict[str, Any]) -> list[dict[str, Any]]:
    """Group what is trained: encoder and heads have their own rates; biases and norms do not decay."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            key = name.startswith("encoder."), parameter.ndim > 1
            groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": params,
            "lr": config["learning_rate"] if encoder else config["head_learning_rate"],
            "weight_decay": config["weight_decay"] if decays else 0.0,
        }
        for (encoder, decays), params in groups.items()
    ]


def train(
    network: nn.Module,
    steps: Steps,
    config: dict[str, Any],
    checkpoint: Path,
    device: torch.device,
    every: int = 200,
) -> None:
    """Train until the budget of tokens is spent; killed, it goes on from its last checkpoint.

    Args:
        network: what is trained.
        steps: what an epoch holds.
        config: the section of the configuration.
        checkpoint: the file for the state of an unfinished run.
        device: where to compute.
        every: steps between checkpoints.
    """
    optimizer = torch.optim.AdamW(parameters(network, config), betas=(0.9, 0.98), fused=True)
    peaks = [group["lr"] for group in optimizer.param_groups]
    seen, epoch, done, losses, started = 0, 0, 0, [], time.monotonic()
    skip = 0
    state = torch.load(checkpoint, map_location=device) if checkpoint.exists() else {}
    if state and state["config"] != config:
        logger.warning("%s is of a run with another configuration: beginning anew", checkpoint)
    elif state:
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        seen, epoch, skip = state["seen"], state["epoch"], state["step"]
        logger.info("going on at %d tokens", seen)
    at_start = seen
    while seen < config["tokens"]:
        for number, (size, loss_of) in enumerate(steps(epoch)):
            if number < skip:
                continue
            progress = seen / config["tokens"]
            scale = min(progress / config["warmup"], (1 - progress) / (1 - config["warmup"]), 1.0)
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * max(scale, 0.01)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                loss = loss_of()
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's own
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(float(loss.detach()))
            seen += size
            done += 1
            if done % 20 == 0:
                rate = (seen - at_start) / (time.monotonic() - started)
                mean = sum(losses[-100:]) / len(losses[-100:])
                left = (config["tokens"] - seen) / rate / 60
                logger.info("epoch %d step %d loss %.4f  %.0f tokens/s  %.0f min left", epoch, number, mean, rate, left)
            if done % every == 0:
                state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
                torch.save(
                    {**state, "config": config, "seen": seen, "epoch": epoch, "step": number + 1},
                    checkpoint.with_suffix(".new"),
                )
                checkpoint.with_suffix(".new").replace(checkpoint)
            if seen >= config["tokens"]:
                return
        epoch, skip = epoch + 1, 0
