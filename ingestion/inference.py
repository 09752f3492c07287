"""The packaged models run here: ONNX on OpenVINO, in bfloat16 where the processor computes in it, else in float32."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openvino import CompiledModel

# OpenVINO keeps the kernels of every shape that it has seen, 5,000 unless told otherwise: a gigabyte after 400 questions.
KEPT_KERNELS = "64"


def compiled(model: bytes) -> CompiledModel:
    """Make an ONNX file's content ready to run. Each thread needs an infer request of its own."""
    from openvino import Core

    core = Core()
    fast = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16" if fast else "f32",
        "CPU_RUNTIME_CACHE_CAPACITY": KEPT_KERNELS,
    }
    return core.compile_model(core.read_model(io.BytesIO(model)), "CPU", options)
