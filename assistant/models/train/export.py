"""A trained network becomes an ONNX file: weights in half precision, computed in what the processor does best."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.export import Dim


def export(network: nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], path: Path) -> None:
    """Write a network as ONNX.

    Args:
        network: what was trained.
        inputs: one batch of its inputs, by name; every axis may have another length later.
        outputs: names for what it gives.
        path: the file.
    """
    shapes: dict[str, Any] = {name: dict.fromkeys(range(value.ndim), Dim.DYNAMIC) for name, value in inputs.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    network = network.float().eval()
    program = torch.onnx.export(
        network,
        kwargs=inputs,
        input_names=list(inputs),
        output_names=outputs,
        dynamic_shapes=shapes,
        dynamo=True,
        opset_version=18,
        verbose=False,
    )
    assert program is not None  # noqa: S101 (only without dynamo)
    path.write_bytes(_halved(program.model_proto).SerializeToString(deterministic=True))


def _halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store float32 matrices as float16, with a Cast to where they are used: runtimes fold it when they load."""
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) > 1:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            kept.append(numpy_helper.from_array(half, f"{tensor.name}.half"))
            casts.append(helper.make_node("Cast", [f"{tensor.name}.half"], [tensor.name], to=TensorProto.FLOAT))
        else:
            kept.append(tensor)
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    for node in graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    del model.metadata_props[:]
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def write_checksums(folder: Path) -> None:
    """Write ``checksums.json`` over what the folder's loader reads."""
    read = [p for p in sorted(folder.iterdir()) if p.suffix in {".onnx", ".json"} and p.name != "checksums.json"]
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in read}
    (folder / "checksums.json").write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
