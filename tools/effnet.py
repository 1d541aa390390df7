"""Turns the EfficientNet-lite0 of a PyTorch file into ONNX with half-precision weights, without torch.

Only the features are kept: the mean over the last convolution, 1,280 numbers.
"""

import collections
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {"FloatStorage": np.float32, "LongStorage": np.int64, "HalfStorage": np.float16}
STAGES = (
    # expansion, kernel, stride, repeats: the table of the EfficientNet paper (Tan and Le, 2019), lite0
    (1, 3, 1, 1),
    (6, 3, 2, 2),
    (6, 5, 2, 2),
    (6, 3, 2, 3),
    (6, 5, 1, 3),
    (6, 5, 2, 4),
    (6, 3, 1, 1),
)


class _Reader(pickle.Unpickler):
    """Reads the container and refuses every class but the few that a table of weights needs."""

    def find_class(self, module: str, name: str) -> Any:
        if name == "OrderedDict":
            return collections.OrderedDict
        if name == "_rebuild_tensor_v2":
            return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
        if name in TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a table of weights")

    def persistent_load(self, pid: Any) -> Any:
        return pid


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """The tensors of a file in PyTorch's format of before 1.6, by name."""
    with path.open("rb") as file:
        for _ in ("magic number", "protocol", "machine"):
            _Reader(file).load()
        table = _Reader(file).load()
        order = _Reader(file).load()
        kinds = {pid[2]: TYPES[pid[1]] for pid, *_ in table.values()}
        storages = {}
        for key in order:
            (length,) = struct.unpack("<q", file.read(8))
            kind = np.dtype(kinds[key])
            storages[key] = np.frombuffer(file.read(length * kind.itemsize), kind)
    tensors = {}
    for name, (pid, offset, size, stride) in table.items():
        flat = storages[pid[2]][offset:]
        strides = [step * flat.itemsize for step in stride]
        tensors[name] = np.ascontiguousarray(np.lib.stride_tricks.as_strided(flat, size, strides))
    return tensors


class _Graph:
    """Nodes and weights of the network while it is written down."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.tensors = tensors
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.count = 0
        for name, value in (("low", 0.0), ("high", 6.0)):
            self.weights.append(numpy_helper.from_array(np.array(value, np.float32), name))

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        self.count += 1
        name = f"{kind.lower()}{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def half(self, array: np.ndarray) -> str:
        """A weight stored in half precision; the runtime widens it once, when it loads."""
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(array.astype(np.float16)), name))
        return self.node("Cast", [name], to=TensorProto.FLOAT)

    def convolve(self, x: str, conv: str, norm: str, stride: int = 1, groups: int = 1, *, act: bool = True) -> str:
        """Convolution with its batch normalisation folded in."""
        t = self.tensors
        scale = t[f"{norm}.weight"] / np.sqrt(t[f"{norm}.running_var"] + 1e-3)
        kernel = t[f"{conv}.weight"] * scale[:, None, None, None]
        bias = t[f"{norm}.bias"] - t[f"{norm}.running_mean"] * scale
        inputs = [x, self.half(kernel), self.half(bias)]
        y = self.node("Conv", inputs, auto_pad="SAME_UPPER", strides=[stride] * 2, group=groups)
        return self.node("Clip", [y, "low", "high"]) if act else y

    def block(self, x: str, number: int, expansion: int, stride: int, shortcut: bool) -> str:
        name, y = f"_blocks.{number}.", x
        if expansion != 1:
            y = self.convolve(y, f"{name}_expand_conv", f"{name}_bn0")
        depthwise = f"{name}_depthwise_conv"
        y = self.convolve(y, depthwise, f"{name}_bn1", stride, self.tensors[f"{depthwise}.weight"].shape[0])
        y = self.convolve(y, f"{name}_project_conv", f"{name}_bn2", act=False)
        return self.node("Add", [x, y]) if shortcut else y


def convert(weights: Path, target: Path) -> None:
    """Writes the network that maps `x` (n, 3, height, width) to `features` (n, 1280)."""
    graph = _Graph(read_weights(weights))
    x = graph.convolve("x", "_conv_stem", "_bn0", 2)
    number = 0
    for expansion, _kernel, stride, repeats in STAGES:
        for again in range(repeats):
            x = graph.block(x, number, expansion, 1 if again else stride, bool(again))
            number += 1
    x = graph.convolve(x, "_conv_head", "_bn1")
    x = graph.node("GlobalAveragePool", [x])
    graph.nodes.append(helper.make_node("Flatten", [x], ["features"]))
    ins = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "height", "width"])]
    outs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 1280])]
    body = helper.make_graph(graph.nodes, "efficientnet_lite0", ins, outs, graph.weights)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(target))
