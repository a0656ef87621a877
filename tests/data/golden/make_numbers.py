"""Write numbers.txt of a folder of golden files: what NumPy alone finds in them.

    python3 tests/data/golden/make_numbers.py tests/data/golden/0.4.0
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "python"))
import safetensors_numpy  # noqa: E402

LAYERS = 3


def numbers(tensors, metadata):
    """(key, number) of what tests/test_golden.c knows how to look up."""
    for l in range(1, LAYERS + 1):
        weight = tensors[f"layers.{l - 1}.weight"]
        for i, j in ((0, 0), (weight.shape[0] - 1, weight.shape[1] - 1), (2, 3)):
            yield f"weight.{l}.{i}.{j}", weight[i, j]
        if f"layers.{l - 1}.bias" in tensors:
            yield f"bias.{l}.4", tensors[f"layers.{l - 1}.bias"][4]
        if f"rule.B.{l}" in tensors:
            yield f"B.{l}.1.2", tensors[f"rule.B.{l}"][1, 2]
    if "libfa.optimizer" in metadata:
        yield "steps", float(json.loads(metadata["libfa.optimizer"])["steps"])
        yield "epochs", float(json.loads(metadata["libfa.trainer"])["epochs"])
        yield "loss.1", tensors["trainer.records.values"][0, 0]


def main(folder):
    lines = []
    for path in sorted(folder.glob("*.safetensors")):
        lines += [f"{path.stem} {key} {float(number).hex()}\n" for key, number in numbers(*safetensors_numpy.read(path))]
    (folder / "numbers.txt").write_text("".join(lines))
    print(f"make_numbers: {len(lines)} numbers in {folder}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
