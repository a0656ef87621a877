"""Make tests/data/linear: a small run of the linear-function experiment, in NumPy float64.

    python3 tests/data/make_linear_reference.py tests/data/linear

A network 12-8-5 without biases or nonlinearity learns y* = T x from 30 samples, for 100 epochs of full-batch descent:

    W <- W + eta/30 e h^T,   W0 <- W0 + eta/30 d x^T,   h = W0 x,   e = y* - W h,
    d = W^T e (bp), B e (fa) or 0 (shallow)

Samples are columns. Written are what the run starts from (W0, W, B, x_train, y_train, x_test, y_test) and for each
rule, for each epoch and before its update: RULE_loss and RULE_test_loss, 1/2 |e|^2 summed over the samples, and
RULE_angles in degrees, between W^T e and B e and between W^T and B; and the weights at the end, RULE_W0 and RULE_W.
"""
import sys

import numpy as np

SIZES = 12, 8, 5
TRAIN, TEST, EPOCHS, ETA = 30, 10, 100, 0.1


def degrees(a, b):
    cosine = np.vdot(a, b) / np.sqrt(np.vdot(a, a) * np.vdot(b, b))
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def half_square(e):
    return 0.5 * np.vdot(e, e)


def draw(rng):
    inputs, hidden, outputs = SIZES
    T = rng.uniform(-1.0, 1.0, (outputs, inputs))
    start = {"W0": rng.uniform(-0.05, 0.05, (hidden, inputs)), "W": rng.uniform(-0.05, 0.05, (outputs, hidden)),
             "B": rng.uniform(-0.5, 0.5, (hidden, outputs))}
    for part, count in ("train", TRAIN), ("test", TEST):
        x = rng.standard_normal((inputs, count))
        start["x_" + part], start["y_" + part] = x, T @ x
    return start


def learn(rule, W0, W, B, x_train, y_train, x_test, y_test):
    loss, test_loss, angles = np.empty(EPOCHS), np.empty(EPOCHS), np.empty((EPOCHS, 2))
    for epoch in range(EPOCHS):
        h = W0 @ x_train
        e = y_train - W @ h
        loss[epoch] = half_square(e)
        test_loss[epoch] = half_square(y_test - W @ (W0 @ x_test))
        angles[epoch] = degrees(W.T @ e, B @ e), degrees(W.T, B)
        d = {"bp": W.T @ e, "fa": B @ e, "shallow": np.zeros_like(h)}[rule]
        W, W0 = W + ETA / TRAIN * e @ h.T, W0 + ETA / TRAIN * d @ x_train.T
    return {"loss": loss, "test_loss": test_loss, "angles": angles, "W0": W0, "W": W}


def main():
    folder = sys.argv[1]
    start = draw(np.random.default_rng(2016))
    arrays = dict(start)
    for rule in "bp", "fa", "shallow":
        result = learn(rule, **start)
        print(rule, "loss", result["loss"][0], "to", result["loss"][-1], "angles at the end", result["angles"][-1])
        arrays.update({f"{rule}_{name}": array for name, array in result.items()})
    for name, array in arrays.items():
        np.save(f"{folder}/{name}.npy", np.ascontiguousarray(array))


if __name__ == "__main__":
    main()
