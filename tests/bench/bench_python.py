"""What libfa.train_step() costs above the C call: the same steps from Python and from a loop in C, in turn.

    meson devenv -C build python3 $PWD/tests/bench/bench_python.py [ROUNDS]

The loop is compiled with cc. A 3-2-2 network with one sample, so that the step itself is short; medians over the
rounds, each of a few thousand steps, and the smallest of them, in the time of the thread. Also the ways on which no
arrays cross.
"""
import ctypes
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

import libfa

STEPS = 4000
LOOP = """
typedef int step(void *, void *, void *, void *, const void *, const void *, double *);
int loop(step *f, void *net, void *pass, void *fb, void *opt, const void *x, const void *target, double *loss, long n)
{
    int status = 0;
    while (n-- > 0 && !status)
        status = f(net, pass, fb, opt, x, target, loss);
    return status;
}
"""


class OwnFA(libfa.Rule):
    name = "own_fa"

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        step.transport(1)


def objects(rule):
    net = libfa.Network(3, "float64")
    net.add_dense(2, "tanh")
    net.add_dense(2)
    net.init_weights(0, "glorot_uniform", 1.0, seed=1)
    return net, libfa.Pass(net, 4), libfa.Feedback(net, rule, 2), libfa.Optimizer(net, learning_rate=1e-3)


def c_loop(folder):
    source, library = os.path.join(folder, "loop.c"), os.path.join(folder, "loop.so")
    with open(source, "w", encoding="utf-8") as file:
        file.write(LOOP)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
    loop = ctypes.CDLL(library).loop
    loop.argtypes = [ctypes.c_void_p] * 8 + [ctypes.c_long]
    address = ctypes.cast(libfa.lib.fa_train_step, ctypes.c_void_p)

    def run(objects, x, target):
        loss = ctypes.c_double()
        if loop(address, *(one._pointer for one in objects), ctypes.addressof(x), ctypes.addressof(target),
                ctypes.addressof(loss), STEPS):
            raise SystemExit(libfa.lib.fa_last_error())
    return run


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    x, target = np.ones((1, 3)), np.zeros((1, 2))
    many, targets = np.ones((STEPS, 1, 3)), np.zeros((STEPS, 1, 2))
    whole, wholes = many.reshape(-1, 3), targets.reshape(-1, 2)
    views = libfa.matrix_view(x), libfa.matrix_view(target)
    fixed, fixed_target = x.copy(), target.copy()
    fixed.flags.writeable = fixed_target.flags.writeable = False
    built_in, own = objects("fa"), objects(OwnFA())
    steps = range(STEPS)

    def same():
        for _ in steps:
            libfa.train_step(*built_in, x, target)

    def prepared():
        for _ in steps:
            libfa.train_step(*built_in, *views)

    def other_arrays():
        for i in steps:
            libfa.train_step(*built_in, many[i], targets[i])

    def slices():
        for i in steps:
            libfa.train_step(*built_in, whole[i:i + 1], wholes[i:i + 1])

    def read_only():
        for _ in steps:
            libfa.train_step(*built_in, fixed, fixed_target)

    def slicing_alone():
        for i in steps:
            whole[i:i + 1], wholes[i:i + 1]

    def written_in_python():
        for _ in steps:
            libfa.train_step(*own, x, target)

    with tempfile.TemporaryDirectory() as folder:
        loop = c_loop(folder)
        ways = {"C": lambda: loop(built_in, *views), "the same arrays": same, "views made before": prepared,
                "other arrays in every step": other_arrays, "slices of an array": slices,
                "  making the slices alone": slicing_alone, "read-only arrays": read_only,
                "a rule in Python": written_in_python}
        times = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                start = time.thread_time()
                way()
                times[name].append((time.thread_time() - start) / STEPS * 1e6)
    print(libfa.build_info())
    print(f"{'µs a step':30} {'median':>8} {'smallest':>9} {'above C':>8}  (median of the differences)")
    for name, series in times.items():
        above = statistics.median(mine - c for mine, c in zip(series, times["C"]))
        print(f"{name:30} {statistics.median(series):8.2f} {min(series):9.2f} {above:8.2f}")


if __name__ == "__main__":
    main()
