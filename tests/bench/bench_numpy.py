"""The epoch of the linear-function experiment in NumPy against the library, timed in turn in one run.

    bench_numpy.py BENCH_EXPERIMENT

BENCH_EXPERIMENT is the program of that name; `--epoch` makes it print the microseconds of one epoch. The NumPy loop is
the experiment as it is stated: mini-batches of 15 accumulated into one update, and for comparison the full batch.
"""
import statistics
import subprocess
import sys
import time

import numpy as np


def epochs(batch, count, rng=np.random.RandomState(1)):
    """Microseconds per epoch of feedback alignment on 30-20-10 with 75 samples in batches of `batch`."""
    x, y = rng.randn(30, 75), rng.randn(10, 75)
    W0, W = rng.uniform(-0.01, 0.01, (20, 30)), rng.uniform(-0.01, 0.01, (10, 20))
    B = rng.uniform(-0.5, 0.5, (20, 10))
    parts = [(x[:, i:i + batch].copy(), y[:, i:i + batch].copy()) for i in range(0, 75, batch)]
    start = time.perf_counter()
    for _ in range(count):
        dW, dW0 = np.zeros_like(W), np.zeros_like(W0)
        for xb, yb in parts:
            h = W0 @ xb
            e = yb - W @ h
            dW += e @ h.T
            dW0 += (B @ e) @ xb.T
        W += 0.001 / 75 * dW
        W0 += 0.001 / 75 * dW0
    return (time.perf_counter() - start) / count * 1e6


def library():
    return float(subprocess.run([sys.argv[1], "--epoch"], capture_output=True, text=True, check=True).stdout)


rounds = [(library(), epochs(15, 1000), epochs(75, 1000)) for _ in range(7)]
ours, fives, one = (statistics.median(column) for column in zip(*rounds))
print(f"NumPy {np.__version__}; library {ours:.2f} us an epoch")
print(f"NumPy, 5 batches of 15: {fives:.1f} us, "
      f"{statistics.median(r[1] / r[0] for r in rounds):.1f} x the library's time")
print(f"NumPy, one batch of 75: {one:.1f} us, "
      f"{statistics.median(r[2] / r[0] for r in rounds):.1f} x the library's time")
