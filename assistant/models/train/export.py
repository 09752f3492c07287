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

from ingestion.embedding import word_vectors


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
    path.write_bytes(without_words(_halved(program.model_proto)).SerializeToString(deterministic=True))


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


def without_words(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take out the table of word vectors, which training leaves as it was: its rows become the input ``words``.

    Raises:
        ValueError: the table is not that of the packaged embedder, from which the rows will come.
    """
    graph = model.graph
    [table] = [tensor for tensor in graph.initializer if tensor.name.endswith("word_embeddings.weight.half")]
    if not np.array_equal(numpy_helper.to_array(table), word_vectors()):
        raise ValueError("the network's word vectors are not those of the packaged embedder")
    [cast] = [node for node in graph.node if table.name in node.input]
    [look_up] = [node for node in graph.node if cast.output[0] in node.input]
    graph.initializer.remove(table)
    widened = helper.make_node("Cast", ["words"], list(look_up.output), to=TensorProto.FLOAT)
    nodes = [widened, *(node for node in graph.node if node not in (cast, look_up))]
    del graph.node[:]
    graph.node.extend(nodes)
    [ids] = [given for given in graph.input if given.name == "input_ids"]
    axes = [axis.dim_param for axis in ids.type.tensor_type.shape.dim]
    words = helper.make_tensor_value_info("words", TensorProto.FLOAT16, [*axes, table.dims[1]])
    ids.CopyFrom(words)
    onnx.checker.check_model(model)
    return model


def read_weights(network: nn.Module, path: Path) -> None:
    """Put the weights of an exported network, which are in half precision, back into one of its kind, to train it further.

    The export keeps the parameters' names but those of matrices that are multiplied with, which it transposes and numbers:
    they stand in the order in which the network has them. Word vectors, which the file lacks, are left as they are.

    Raises:
        ValueError: the file is not of such a network.
    """
    graph = onnx.load(path).graph
    held = {t.name.removesuffix(".half"): numpy_helper.to_array(t).astype(np.float32) for t in graph.initializer}
    multiplied = iter([held[node.input[1]].T for node in graph.node if node.op_type == "MatMul" and node.input[1] in held])
    state = network.state_dict()
    for name, value in state.items():
        if name.endswith("word_embeddings.weight"):
            continue
        found = held.get(name)
        if found is None:
            found = next(multiplied, None)
        if found is None or found.shape != tuple(value.shape):
            raise ValueError(f"{path} holds no {name} of shape {tuple(value.shape)}")
        state[name] = torch.from_numpy(found.copy())
    network.load_state_dict(state)


def write_checksums(folder: Path) -> None:
    """Write ``checksums.json`` over what the folder's loader reads."""
    read = [p for p in sorted(folder.iterdir()) if p.suffix in {".onnx", ".json"} and p.name != "checksums.json"]
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in read}
    (folder / "checksums.json").write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
