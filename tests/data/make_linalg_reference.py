"""Make tests/data/linalg: singular values and pseudo-inverses by NumPy, which asks LAPACK.

    python3 tests/data/make_linalg_reference.py tests/data/linalg

Written are matrices a0 .. a7, their singular values s0 .. and their pseudo-inverses p0 .., where values of at most
max(rows, cols) eps times the largest count as 0.
"""
import sys

import numpy as np


def spectrum(rng, rows, cols, values):
    """A random matrix with these singular values; those that are not given are 0."""
    u = np.linalg.qr(rng.standard_normal((rows, len(values))))[0]
    v = np.linalg.qr(rng.standard_normal((cols, len(values))))[0]
    return (u * values) @ v.T


def matrices():
    rng = np.random.default_rng(1958)
    yield rng.standard_normal((7, 7))
    yield rng.uniform(-0.5, 0.5, (20, 10))
    yield rng.uniform(-0.5, 0.5, (10, 30))
    yield spectrum(rng, 12, 12, np.logspace(0, -8, 12))
    yield spectrum(rng, 15, 9, [3.0, 2.0, 2.0, 2.0, 0.5])
    yield spectrum(rng, 6, 14, [5.0, 5.0])
    yield np.vander(np.linspace(-1.0, 1.0, 11), 6)
    yield rng.standard_normal((40, 1))


def main():
    folder = sys.argv[1]
    for i, a in enumerate(matrices()):
        rcond = max(a.shape) * np.finfo(a.dtype).eps
        values = np.linalg.svd(a, compute_uv=False)
        print(a.shape, "rank", np.sum(values > rcond * values[0]), "values", values[0], "to", values[-1])
        for name, array in ("a", a), ("s", values[np.newaxis]), ("p", np.linalg.pinv(a, rcond)):
            np.save(f"{folder}/{name}{i}.npy", np.ascontiguousarray(array))


if __name__ == "__main__":
    main()
