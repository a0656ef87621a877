"""Write the first inputs of the fuzz targets: DIRECTORY/TARGET/*.

usage: seeds.py DIRECTORY
"""
import gzip
import json
import pathlib
import random
import struct
import sys

NPY_TYPES = {"<f4": "f", ">f4": "f", "<f8": "d", ">f8": "d", "|b1": "?", "|u1": "B", "|i1": "b", "<u2": "H",
             ">i2": "h", "<i4": "i", ">u4": "I", "<i8": "q", ">u8": "Q"}
IDX_TYPES = {8: "B", 9: "b", 11: "h", 12: "i", 13: "f", 14: "d"}
SHAPES = [(), (3,), (2, 3), (3, 1), (1, 4), (2, 2, 2), (1, 2, 3, 2)]


def elements(code, count, order):
    return struct.pack(f"{order}{count}{code}", *([i % 3 for i in range(count)]))


def count_of(shape):
    count = 1
    for extent in shape:
        count *= extent
    return count


def npy(descr, shape, fortran=False, version=1):
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    order = ">" if descr[0] == ">" else "<"
    return (b"\x93NUMPY" + bytes([version, 0]) + length + text +
            elements(NPY_TYPES[descr], count_of(shape), order))


def idx(code, shape):
    return (bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) +
            elements(IDX_TYPES[code], count_of(shape), ">"))


def npy_files():
    files = [npy(descr, shape) for descr in NPY_TYPES for shape in SHAPES]
    files += [npy("<f8", (2, 3), True), npy(">f4", (3, 2), True), npy("|u1", (2, 3, 2), True)]
    return files + [npy("<f4", (2, 2), version=v) for v in (2, 3)]


def idx_files():
    return [idx(code, shape) for code in IDX_TYPES for shape in SHAPES if shape]


def idx_gz_files():
    plain = idx(8, (3, 4, 4))
    whole = gzip.compress(plain, mtime=0)
    files = [b"\0" + whole, b"\0" + gzip.compress(plain[:9], mtime=0) + gzip.compress(plain[9:], mtime=0)]
    for level in (0, 1, 9):
        files.append(b"\1" + gzip.compress(idx(12, (60,)), level, mtime=0)[10:-8])
    return files + [bytes([how]) + file for how in (2, 3, 10, 11) for file in idx_files()]


def dataset_files():
    labels = [idx(8, (3,)), npy("<i8", (3,)), npy("<i4", (1, 3))]
    matrices = [idx(8, (3, 2, 2)), npy("<f8", (3, 2)), npy("|u1", (3, 2, 2), True), gzip.compress(idx(13, (3, 2)))]
    return [bytes([len(target), k]) + target + inputs
            for k, target in enumerate(labels + matrices) for inputs in matrices]


def recorder_files():
    header = b"epoch,batch,delta_angle_1,loss\n"
    lists = [b"", b"delta_angle", b"update_angle,weight_norm", b"loss,loss", b"nothing"]
    return [names + b"\n" + rest for names in lists for rest in (b"", header, header + b"1,1,2,3\n", b"{}\n")]


ARCHITECTURE = {"dtype": "float32", "inputs": 3, "loss": "squared_error",
                "layers": [{"kind": "dense", "outputs": 4, "activation": "tanh", "bias": True},
                           {"kind": "dense", "outputs": 2, "activation": "softmax", "bias": False}]}


def weights_files():
    shapes = {"layers.0.bias": [4], "layers.0.weight": [4, 3], "layers.1.weight": [2, 4]}
    files = []
    for more in ({}, {"layers.1.bias": [2]}, {"rule.B.1": [0]}, {"layers.0.weight": [3, 4]}):
        for dtype, size in (("F32", 4), ("F64", 8)):
            for metadata in (None, {}, {"libfa.format": "1", "libfa.network": json.dumps(ARCHITECTURE)}):
                header, end = {} if metadata is None else {"__metadata__": metadata}, 0
                for name, shape in {**shapes, **more}.items():
                    begin, end = end, end + size * count_of(shape)
                    header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
                files.append(b"\x11" + json.dumps(header).encode() + b"\0" + bytes(end))
    return files


def checkpoint_files():
    network = dict(ARCHITECTURE, layers=[dict(layer, activation=activation, bias=True, frozen=False, dropout=0.5,
                                              held_norm=1.5, pruned=False)
                                         for layer, activation in zip(ARCHITECTURE["layers"], ("tanh", "identity"))])
    common = {"feedback_form": "dense", "feedback_density": 0.1, "feedback_rank": 10, "feedback_scale": 2.0}
    feedback = {"rule": "fa", "seed": "7", "steps": "3", "params": {}, "feedback_params": common, "weights": [1],
                "regenerated": []}
    optimizer = {"optimizer": "adam", "steps": "3", "schedule": 0.5, "params": {"beta1": 0.5},
                 "moments": ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]}
    pass_ = {"dropout": True, "seed": "3", "step": "18446744073709551615"}
    trainer = {"seed": "1", "params": {"keep_best": "yes", "patience": 1}, "epochs": "2", "best": "1", "stop": 1,
               "best_weights": False, "running": True, "batches": "1", "frozen_spans": []}
    header = {"rule.B.1": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]}}
    texts = [json.dumps(one).encode() for one in (network, feedback, optimizer, pass_, trainer, header)]
    files = [bytes([form]) + b"\0".join(texts[i] if i == k else b"" for i in range(6))
             for form in range(5) for k in range(6)]
    forms = ["dense", "sparse", "low_rank", "shared", "regenerated"]
    for form, name in enumerate(forms):
        common["feedback_form"] = name
        files.append(bytes([form]) + b"\0" + json.dumps(feedback).encode())
    return files + [b"\0" + b"\0".join(texts), b"\0-\0-\0-\0-\0-"]


def programs(count, most):
    """Bytes for the targets that take their input as a list of calls."""
    draw = random.Random(1)
    return [draw.randbytes(draw.randrange(16, most)) for _ in range(count)]


TARGETS = {"npy": npy_files, "npy_samples": npy_files, "idx": idx_files, "idx_gz": idx_gz_files,
           "dataset": dataset_files, "recorder": recorder_files, "weights": weights_files,
           "checkpoint": checkpoint_files, "api": lambda: programs(200, 600),
           "rule": lambda: programs(100, 300)}


def main():
    for target, make in TARGETS.items():
        directory = pathlib.Path(sys.argv[1], target)
        directory.mkdir(parents=True, exist_ok=True)
        for k, content in enumerate(make()):
            (directory / f"seed-{k:03}").write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
