"""What make_safetensors.py makes files of: tensors of a small network, and the bytes of a file.

The network is 3 -> 2 tanh -> 2 identity, float32, with a bias in the first layer.
"""
import json
import struct

GONE = object()  # in the place of a value: there is none

WEIGHTS = {
    "layers.0.bias": ("F32", [2], [0.5, -0.25]),
    "layers.0.weight": ("F32", [2, 3], [0.25, -0.5, 0.75, 1.0, -1.25, 1.5]),
    "layers.1.weight": ("F32", [2, 2], [-1.0, 0.5, 0.25, -0.75]),
}
LETTERS = {"F64": "d", "U64": "Q", "F32": "f", "U32": "I", "U8": "B"}


def container(header, data, length=None):
    """Bytes of a file: header is text or bytes; length stands for its true one."""
    header = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def lay(tensors, metadata=None):
    """Header as an object, and the data, for {name: (dtype, shape, values)} in that order."""
    header, data = {} if metadata is None else {"__metadata__": metadata}, b""
    for name, (dtype, shape, values) in tensors.items():
        packed = struct.pack(f"<{len(values)}{LETTERS[dtype]}", *values)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    return header, data


def changed(tensors, name, value):
    """With another tensor of that name, or without it."""
    tensors = {key: found for key, found in tensors.items() if key != name or value is not GONE}
    return tensors if value is GONE else {**tensors, name: value}
