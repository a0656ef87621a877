"""Diagnostics and the recorder against NumPy, and files of the recorder read by others."""
import json
import math
import os
import tempfile
import unittest

import numpy as np

import libfa
import tap

X = libfa.random_normal(libfa.stream(1, libfa.PURPOSE_USER), 0.0, 1.0, np.empty((12, 6)))
TARGET = libfa.random_uniform(libfa.stream(2, libfa.PURPOSE_USER), -0.5, 0.5, np.empty((12, 3)))


def network():
    net = libfa.Network(6, "float64")
    for width, activation in ((7, "tanh"), (5, "tanh"), (3, "identity")):
        net.add_dense(width, activation)
    net.init_weights(0, "glorot_uniform", 1.0, seed=1)
    return net


def objects():
    net = network()
    return net, libfa.Pass(net, 12), libfa.Feedback(net, "fa", 2), libfa.Optimizer(net, learning_rate=0.1)


def to_deltas(net, pass_, fb):
    libfa.forward(net, pass_, X)
    libfa.error(net, pass_, TARGET)
    libfa.backward(net, pass_, fb)


def degrees(a, b):
    return math.degrees(math.acos(np.vdot(a, b) / math.sqrt(np.vdot(a, a) * np.vdot(b, b))))


class Reports(unittest.TestCase):
    def setUp(self):
        self.net, self.pass_, self.fb, _ = objects()
        to_deltas(self.net, self.pass_, self.fb)
        self.W = [None] + [self.net.weights(l) for l in (1, 2, 3)]
        self.h = [X] + [self.pass_.activity(l) for l in (1, 2, 3)]
        self.delta = [None] + [self.pass_.delta(l) for l in (1, 2, 3)]

    def signals(self, down):
        """Deltas with `down` in the place of the transpose."""
        signals = {3: self.delta[3]}
        for l in (2, 1):
            signals[l] = signals[l + 1] @ down(self.W[l + 1]).T * (1 - self.h[l] ** 2)
        return signals

    def test_pseudo_back_propagation(self):
        expected = self.signals(np.linalg.pinv)
        for l, report in enumerate(libfa.compare_pseudo_deltas(self.net, self.pass_), 1):
            self.assertAlmostEqual(report.angle, degrees(self.delta[l], expected[l]), 8)
            self.assertAlmostEqual(report.ratio, np.linalg.norm(self.delta[l]) / np.linalg.norm(expected[l]), 10)

    def test_updates(self):
        expected = self.signals(np.transpose)
        mine = [self.delta[l].T @ self.h[l - 1] for l in (1, 2, 3)]
        other = [expected[l].T @ self.h[l - 1] for l in (1, 2, 3)]
        reports = libfa.compare_updates(self.net, self.pass_)
        self.assertEqual(len(reports), 4)
        for l in (1, 2):
            self.assertAlmostEqual(reports[l].angle, degrees(mine[l - 1], other[l - 1]), 8)
        self.assertEqual(reports[3].ratio, 1)
        whole = [np.concatenate([g.ravel() for g in gradients]) for gradients in (mine, other)]
        self.assertAlmostEqual(reports[0].angle, degrees(*whole), 8)

    def test_norms_and_saturation(self):
        for l, (norms, fraction) in enumerate(zip(libfa.layer_norms(self.net, self.pass_, self.fb),
                                                  libfa.saturation(self.net, self.pass_, 0.5)), 1):
            self.assertAlmostEqual(norms.weights, np.linalg.norm(self.W[l]), 12)
            self.assertAlmostEqual(norms.activity, np.linalg.norm(self.h[l]), 12)
            self.assertAlmostEqual(norms.delta, np.linalg.norm(self.delta[l]), 12)
            if l < 3:
                self.assertEqual(fraction, np.mean(np.abs(self.h[l]) > 0.5))
        self.assertTrue(math.isnan(libfa.layer_norms(self.net, self.pass_)[0].feedback))

    def test_alignment_and_spectra(self):
        B = self.fb.get("B", 2)
        A = libfa.alignment_matrix(self.net, self.fb, 3)
        np.testing.assert_allclose(A, self.W[3] @ np.linalg.pinv(B.T), atol=1e-12)
        self.assertAlmostEqual(libfa.alignment_angle(self.net, self.fb, 3), degrees(self.W[3], B.T), 8)
        with self.assertRaises(libfa.UnsupportedError):
            libfa.alignment_angle(self.net, self.fb, 2)
        for a in (A, B, self.W[1], np.ones((3, 4)), np.zeros((2, 2), "float32")):
            spectrum = libfa.spectrum_of(a)
            values = np.linalg.svd(a, compute_uv=False)
            self.assertEqual((spectrum.rank, spectrum.values), (np.linalg.matrix_rank(a), min(a.shape)))
            self.assertAlmostEqual(spectrum.largest, values[0], 12)
            if spectrum.rank == len(values):
                self.assertAlmostEqual(spectrum.condition / np.linalg.cond(a), 1, 10)
            else:
                self.assertEqual(spectrum.condition, math.inf)


class Recorder(unittest.TestCase):
    NAMES = ["delta_angle", "update_angle", "weight_condition", "saturation"]

    def test_table(self):
        table = libfa.quantities()
        self.assertEqual(table["delta_angle"].unit, b"degrees")
        self.assertLessEqual(set(self.NAMES), set(table))

    def test_files_read_back(self):
        net, pass_, fb, opt = objects()
        data = libfa.Dataset(X, TARGET)
        with tempfile.TemporaryDirectory() as folder:
            csv, jsonl = os.path.join(folder, "run.csv"), os.path.join(folder, "run.jsonl")
            kept = []
            for path, kind in ((csv, libfa.RECORD_CSV), (jsonl, libfa.RECORD_JSONL)):
                recorder = libfa.Recorder(net, self.NAMES, every=2)
                recorder.open(path, kind)
                trainer = libfa.Trainer(net, 1, epochs=2, batch=3)
                trainer.on(libfa.AFTER_DELTAS, recorder)
                trainer.run(net, pass_, fb, opt, data)
                recorder.close_file()
                self.assertEqual(recorder.count, 4)
                kept.append([recorder.value("delta_angle", 1), recorder.value("update_angle", 0),
                             recorder.value("weight_condition", 3), recorder.value("saturation", 3)])
            table = np.genfromtxt(csv, delimiter=",", names=True)
            with open(jsonl, encoding="ascii") as lines:
                rows = [json.loads(line) for line in lines]
        self.assertEqual(len(table), 4)
        self.assertEqual([(row["epoch"], row["batch"]) for row in table], [(1, 2), (1, 4), (2, 2), (2, 4)])
        self.assertEqual(list(table.dtype.names), list(rows[0]))
        names = ("delta_angle_1", "update_angle_0", "weight_condition_3")
        self.assertEqual([table[name][-1] for name in names], kept[0][:3])
        self.assertEqual([rows[-1][name] for name in names], kept[1][:3])
        self.assertTrue(math.isnan(table["saturation_3"][-1]) and rows[-1]["saturation_3"] is None)

    def test_refusals(self):
        net, pass_, fb, _ = objects()
        with self.assertRaisesRegex(libfa.ArgumentError, "delta_angle"):
            libfa.Recorder(net, ["angle"])
        recorder = libfa.Recorder(net)
        with self.assertRaises(libfa.StateError):
            recorder.observe(net, pass_, fb, 1, 1)
        to_deltas(net, pass_, fb)
        recorder.observe(net, pass_, None, 1, 1)
        self.assertTrue(math.isnan(recorder.value("feedback_norm", 1)))
        with self.assertRaises(libfa.ArgumentError):
            recorder.value("delta_angle", 3)
        with self.assertRaises(libfa.FileError):
            recorder.open("/nowhere/run.csv")


if __name__ == "__main__":
    tap.main()
