"""100 training steps give PyTorch's numbers: every optimizer, loss and activation, and feedback alignment by hand.

What PyTorch computed lies in tests/data/torch, made by make_torch_reference.py. Losses and weights have to agree to a
relative 1e-10, number by number. Two float64 computations of a step differ by some 100 roundings (sums of at most 8 + 2
terms in 7 products), which is 1e-14, and 100 steps of these learning rates let that grow no more than 1e4-fold.
"""
import atexit
import unittest

import numpy as np

import libfa
import tap
import torch_cases
from torch_cases import LOSSES, STEPS, WIDTHS

TOLERANCE = 1e-10
REFERENCE = torch_cases.read_reference()
worst = (0.0, "")


def objects(case):
    W, b, B = torch_cases.start(case.rule)
    net = libfa.Network(WIDTHS[0], "float64")
    for l in range(1, len(WIDTHS)):
        net.add_dense(WIDTHS[l], case.output if l == len(WIDTHS) - 1 else case.hidden)
        net.set_weights(l, W[l])
        net.set_bias(l, b[l])
    net.loss = case.loss
    fb = libfa.Feedback(net, case.rule, 1)
    for l in range(1, len(WIDTHS) - 1 if case.rule != "bp" else 1):
        fb.set("B", l, B[l])
    opt = libfa.Optimizer(net, case.optimizer, **{name: float(value) for name, value in case.parameters.items()})
    return net, libfa.Pass(net, torch_cases.BATCH), fb, opt


def train(case):
    """The numbers of a line of the reference."""
    alive = objects(case)
    x, target = torch_cases.samples(case.loss)
    losses = [libfa.train_step(*alive, x[rows], target[rows]) for rows in map(torch_cases.rows, range(STEPS))]
    layers = range(1, len(WIDTHS))
    arrays = [array.ravel() for l in layers for array in (alive[0].weights(l), alive[0].bias(l))]
    return np.concatenate([[losses[step] for step in LOSSES], *arrays])


class Numbers(unittest.TestCase):
    def check(self, case):
        global worst
        expected, computed = REFERENCE[case.name], train(case)
        self.assertEqual(expected.shape, computed.shape)
        difference = float(np.max(abs(computed - expected) / abs(expected)))
        self.assertLessEqual(difference, TOLERANCE)
        worst = max(worst, (difference, case.name))

    def test_the_reference_holds_these_cases(self):
        self.assertEqual(list(REFERENCE), [case.name for case in torch_cases.all_cases()])
        numbers = len(LOSSES) + sum(WIDTHS[l] * (WIDTHS[l - 1] + 1) for l in range(1, len(WIDTHS)))
        self.assertEqual({len(values) for values in REFERENCE.values()}, {numbers})

    def test_every_choice_is_among_them(self):
        cases = list(torch_cases.all_cases())
        kinds = {libfa.lib.fa_optimizer_name_at(i).decode() for i in range(libfa.lib.fa_optimizer_count())}
        self.assertEqual({case.optimizer for case in cases}, kinds)
        for field, name in ("hidden", libfa.lib.fa_activation_name), ("loss", libfa.lib.fa_loss_name):
            known = {name(number).decode() for number in range(1, 100)} - {"unknown"}
            used = {getattr(case, field) for case in cases}
            self.assertEqual(used | {"softmax"} if field == "hidden" else used, known)

    def test_another_learning_rate_is_found(self):
        case = next(torch_cases.all_cases())
        faster = case._replace(parameters={"learning_rate": case.parameters["learning_rate"] * (1 + 1e-7)})
        with self.assertRaises(AssertionError):
            self.check(faster)


def _add(case):
    def test(self):
        self.check(case)
    setattr(Numbers, "test " + case.name, test)


for _case in torch_cases.all_cases():
    _add(_case)


if __name__ == "__main__":
    atexit.register(lambda: print(f"# {len(REFERENCE)} runs, largest relative difference {worst[0]:.1e} in {worst[1]}"))
    tap.main()
