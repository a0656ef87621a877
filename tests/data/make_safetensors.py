"""Make tests/data/safetensors: files that are not what they should be, and some that only look so.

    python3 tests/data/make_safetensors.py tests/data/safetensors

Every file differs from a good one in one thing, which its name says:

    weights/     for fa_network_load(): the container itself, and its tensors (safetensors_damage.py)
    open/        for fa_network_open(): what a file says of its network (checkpoint_damage.py)
    checkpoint/  for fa_checkpoint_load(): what a file says of every handle (checkpoint_damage.py)

What becomes of each stands in tests/test_safetensors_damage.c, test_network_damage.c and test_checkpoint_damage.c.
"""
import pathlib
import sys

import checkpoint_damage
import safetensors_damage

FOLDERS = {"weights": safetensors_damage.files, "open": checkpoint_damage.open_files,
           "checkpoint": checkpoint_damage.checkpoint_files}


def main(folder):
    count = 0
    for kind, files in FOLDERS.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        names = set()
        for name, content in files():
            assert name not in names, f"two files {kind}/{name}"
            names.add(name)
            (folder / kind / (name + ".safetensors")).write_bytes(content)
        count += len(names)
    print(f"make_safetensors: {count} files in {folder}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
