"""Files of libfa read by others, files of others read by libfa: with NumPy alone, and with PyTorch where it is."""
import os
import subprocess
import sys
import tempfile
import unittest

import numpy as np

import libfa
import safetensors_numpy
import tap

try:
    import torch
except ImportError:
    torch = None

DATA = os.path.join(tap.ROOT, "tests", "data")
WIDTHS = (6, 9, 5, 3)
ACTIVATIONS = ("tanh", "relu", "identity")


def make_network(dtype, seed, bias=(True, False, True)):
    net = libfa.Network(WIDTHS[0], dtype)
    for width, activation, has_bias in zip(WIDTHS[1:], ACTIVATIONS, bias):
        net.add_dense(width, activation, has_bias)
    net.init_weights(0, "glorot_uniform", 1.0, seed)
    net.init_bias(0, "normal", 0.1, seed)
    return net


def tensors_of(net, bias=(True, False, True)):
    """What the network holds, under the names that files have."""
    tensors = {}
    for l in range(1, len(WIDTHS)):
        tensors[f"layers.{l - 1}.weight"] = np.array(net.weights(l))
        if bias[l - 1]:
            tensors[f"layers.{l - 1}.bias"] = np.array(net.bias(l)).reshape(-1)
    return tensors


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "weights.safetensors")
        self.x = np.random.Generator(np.random.Philox(3)).uniform(-2, 2, (40, WIDTHS[0]))

    def assertSameTensors(self, found, expected):
        self.assertEqual(set(found), set(expected))
        for name, array in expected.items():
            self.assertTrue(same_bits(found[name], np.ascontiguousarray(array)), name)


class NumPy(Case):
    def test_reader_sees_what_libfa_holds(self):
        for dtype in ("float32", "float64"):
            net = make_network(dtype, 1)
            net.save(self.path)
            tensors, metadata = safetensors_numpy.read(self.path)
            self.assertSameTensors(tensors, tensors_of(net))
            self.assertEqual(metadata["format"], "libfa")

    def test_checkpoint_has_the_same_weights(self):
        net = make_network("float32", 1)
        opt = libfa.Optimizer(net, "adam")
        fb = libfa.Feedback(net, "fa", 2)
        libfa.save_checkpoint(self.path, net, fb, opt)
        tensors, _ = safetensors_numpy.read(self.path)
        weights = tensors_of(net)
        self.assertSameTensors({name: tensors[name] for name in weights}, weights)
        self.assertTrue(same_bits(tensors["rule.B.1"], np.array(fb.get("B", 1))))
        self.assertEqual(tensors["optimizer.updates"].tolist(), [0, 0, 0])

    def test_libfa_loads_what_the_writer_wrote(self):
        for dtype in ("float32", "float64"):
            source, net = make_network(dtype, 1), make_network(dtype, 2)
            safetensors_numpy.write(self.path, tensors_of(source), {"format": "np"})
            net.load(self.path)
            self.assertSameTensors(tensors_of(net), tensors_of(source))

    def test_prediction_after_save_and_load(self):
        for dtype in ("float32", "float64"):
            source, net = make_network(dtype, 1), make_network(dtype, 2)
            x = self.x.astype(dtype)
            source.save(self.path)
            net.load(self.path)
            made = libfa.Network.open(self.path)
            for other in (net, made):
                self.assertTrue(same_bits(np.array(other.predict(x)), np.array(source.predict(x))))

    def test_conversion_rounds_to_nearest(self):
        source, net = make_network("float64", 1), make_network("float32", 2)
        safetensors_numpy.write(self.path, tensors_of(source))
        with self.assertRaises(libfa.FaError):
            net.load(self.path)
        net.load(self.path, libfa.LOAD_CONVERT)
        self.assertSameTensors(tensors_of(net),
                               {name: array.astype("float32") for name, array in tensors_of(source).items()})

    def test_transposed_and_strided_sources(self):
        source, net = make_network("float32", 1), make_network("float32", 2)
        expected = tensors_of(source)
        safetensors_numpy.write(self.path, {name: np.asfortranarray(array) for name, array in expected.items()})
        net.load(self.path)
        self.assertSameTensors(tensors_of(net), expected)

    def test_reversed_order_of_tensors(self):
        source, net = make_network("float32", 1), make_network("float32", 2)
        expected = tensors_of(source)
        safetensors_numpy.write(self.path, dict(reversed(list(expected.items()))))
        net.load(self.path)
        self.assertSameTensors(tensors_of(net), expected)


class Damaged(unittest.TestCase):
    def test_files_are_those_of_the_script(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, os.path.join(DATA, "make_safetensors.py"), folder], check=True,
                           stdout=subprocess.DEVNULL)
            for kind in ("weights", "open", "checkpoint"):
                made, kept = os.path.join(folder, kind), os.path.join(DATA, "safetensors", kind)
                self.assertEqual(sorted(os.listdir(made)), sorted(os.listdir(kept)))
                for name in os.listdir(made):
                    with open(os.path.join(made, name), "rb") as a, open(os.path.join(kept, name), "rb") as b:
                        self.assertEqual(a.read(), b.read(), f"{kind}/{name}")


@unittest.skipIf(torch is None, "no PyTorch (Debian: python3-torch)")
class PyTorch(Case):
    BIAS = (True, True, True)

    def setUp(self):
        super().setUp()

        class Net(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = torch.nn.ModuleList([torch.nn.Linear(*pair) for pair in zip(WIDTHS, WIDTHS[1:])])

            def forward(self, x):
                return self.layers[2](torch.relu(self.layers[1](torch.tanh(self.layers[0](x)))))

        torch.manual_seed(5)
        torch.set_num_threads(1)
        self.module = {"float32": Net(), "float64": Net().double()}

    def check_predictions(self, net, module, dtype):
        """Every layer adds at most gamma_{n+1} of its absolute values, twice: once in each library; tanh has some ulps,
        and is 1-Lipschitz like relu, so bounds go on through |W|."""
        u = np.finfo(dtype).eps / 2
        h, bound = self.x.copy(), np.zeros_like(self.x)
        for l in range(1, 4):
            weights, bias = np.array(net.weights(l), "float64"), np.array(net.bias(l), "float64").reshape(-1)
            absolute = (np.abs(h) + bound) @ np.abs(weights).T + np.abs(bias)
            bound = bound @ np.abs(weights).T + 2 * (WIDTHS[l - 1] + 2) * u * absolute
            z = h @ weights.T + bias
            h = (np.tanh, lambda a: np.maximum(a, 0), lambda a: a)[l - 1](z)
            bound += 8 * u * np.abs(h)
        x = self.x.astype(dtype)
        bound += 2 * u * np.abs(h) + 2 * u * 3 * np.abs(self.x).max()  # x itself was rounded the same way for both
        with torch.no_grad():
            theirs = module(torch.from_numpy(x)).numpy()
        ours = np.array(net.predict(x))
        self.assertTrue((np.abs(ours.astype("float64") - theirs) <= bound).all(), np.abs(ours - theirs).max())

    def test_module_loads_what_libfa_saved(self):
        for dtype, module in self.module.items():
            net = make_network(dtype, 1, self.BIAS)
            net.save(self.path)
            tensors, _ = safetensors_numpy.read(self.path)
            module.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in tensors.items()},
                                   strict=True)
            self.check_predictions(net, module, dtype)

    def test_libfa_loads_what_a_module_holds(self):
        for dtype, module in self.module.items():
            net = make_network(dtype, 1, self.BIAS)
            state = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
            safetensors_numpy.write(self.path, state, {"format": "pt"})
            net.load(self.path)
            self.assertSameTensors(tensors_of(net, self.BIAS), state)
            self.check_predictions(net, module, dtype)


if __name__ == "__main__":
    tap.main()
