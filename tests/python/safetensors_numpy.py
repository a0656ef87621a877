"""The safetensors format with NumPy alone: a reader and a writer that owe nothing to libfa, for its tests.

https://huggingface.co/docs/safetensors: 8 bytes of length, a JSON header, little-endian tensors row by row.
"""
import json
import struct

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "U64": "<u8", "I64": "<i8", "U32": "<u4", "I32": "<i4", "U8": "u1", "BOOL": "?"}


def read(path):
    """(tensors, metadata): {name: array}, {name: string}."""
    with open(path, "rb") as file:
        content = file.read()
    length, = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + length]), memoryview(content)[8 + length:]
    metadata = header.pop("__metadata__", {})
    tensors, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, last = entry["data_offsets"]
        if begin != end:
            raise ValueError(f"{path}: a hole or an overlap before {name}")
        end = last
        tensors[name] = np.frombuffer(data[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    if end != len(data):
        raise ValueError(f"{path}: {len(data) - end} bytes behind the last tensor")
    return tensors, metadata


def write(path, tensors, metadata=None):
    """The tensors in the order of the dictionary, without padding: another layout than libfa's own."""
    names = {np.dtype(kind): name for name, kind in TYPES.items()}
    header, data = {} if metadata is None else {"__metadata__": metadata}, b""
    for name, array in tensors.items():
        array = np.asarray(array)
        content = array.astype(array.dtype.newbyteorder("<")).tobytes()
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
