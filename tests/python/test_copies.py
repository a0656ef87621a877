"""state_dict(), copies and pickles: what comes back is the same to the bit, and trains on alike."""
import copy
import os
import pickle
import tempfile
import unittest

import numpy as np

import libfa
import safetensors_numpy
import tap

# Without jansson there are no checkpoints, and what is copied by one is refused.
CHECKPOINTS = os.environ.get("LIBFA_TEST_CHECKPOINTS", "1") == "1"
X = np.random.default_rng(1).normal(size=(24, 5))
TARGET = np.random.default_rng(2).normal(size=(24, 2))
WAYS = {"pickle": lambda thing: pickle.loads(pickle.dumps(thing)), "copy": copy.copy, "deepcopy": copy.deepcopy}


def network(dtype="float64"):
    net = libfa.Network(5, dtype)
    net.add_dense(4, "tanh")
    net.add_dense(3, "relu", bias=False)
    net.add_dense(2, "logistic")
    net.loss = "binary_cross_entropy"
    net.init_weights(0, "glorot_uniform", 1.0, seed=1)
    net.init_bias(0, "uniform", 0.5, seed=2)
    return net


def same(test, net, other):
    test.assertEqual(libfa._architecture(net), libfa._architecture(other))
    mine, its = net.state_dict(), other.state_dict()
    test.assertEqual(list(mine), list(its))
    for name in mine:
        np.testing.assert_array_equal(mine[name], its[name], err_msg=name)


class StateDict(unittest.TestCase):
    def test_names_and_shapes(self):
        net = network()
        state = net.state_dict()
        self.assertEqual({name: array.shape for name, array in state.items()},
                         {"layers.0.weight": (4, 5), "layers.0.bias": (4,), "layers.1.weight": (3, 4),
                          "layers.2.weight": (2, 3), "layers.2.bias": (2,)})
        np.testing.assert_array_equal(state["layers.1.weight"], net.weights(2))
        np.testing.assert_array_equal(state["layers.2.bias"], net.bias(3))
        self.assertTrue(all(array.flags.c_contiguous and array.flags.writeable for array in state.values()))
        state["layers.0.weight"][:] = 7.0
        self.assertFalse((net.weights(1) == 7.0).any())

    def test_views(self):
        net = network()
        views = net.state_dict(copy=False)
        self.assertFalse(any(array.flags.writeable for array in views.values()))
        net.init_weights(0, "normal", 1.0, seed=9)
        np.testing.assert_array_equal(views["layers.0.weight"], net.weights(1))

    def test_as_the_files_are_named(self):
        if not CHECKPOINTS:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "net")
            network().save(path)
            saved = safetensors_numpy.read(path)[0]
        self.assertEqual(set(saved), set(network().state_dict()))

    def test_load(self):
        net, other = network(), network()
        other.init_weights(0, "normal", 1.0, seed=5)
        other.init_bias(0, "normal", 1.0, seed=6)
        net.load_state_dict({name: np.asfortranarray(array) for name, array in other.state_dict().items()})
        same(self, net, other)
        net.load_state_dict(network().state_dict(copy=False))
        same(self, net, network())
        net.load_state_dict(net.state_dict(copy=False))
        same(self, net, network())

    def test_nothing_changes_unless_all_fits(self):
        net, good = network(), network().state_dict()
        last = "layers.2.bias"
        nan = good[last].copy()
        nan[1] = np.nan
        without = {name: array for name, array in good.items() if name != last}
        changed = {name: array + 1 for name, array in good.items()}
        for bad, error, sentence in (
                (without, libfa.FormatError, "there is no layers.2.bias"),
                ({**changed, "layers.1.bias": np.zeros(3)}, libfa.FormatError, "does not have layers.1.bias"),
                ({**changed, last: np.zeros(3)}, libfa.ShapeError, r"layers.2.bias is \[3\], the network's is \[2\]"),
                ({**changed, last: np.zeros((1, 2))}, libfa.ShapeError, r"\[1, 2\]"),
                ({**changed, last: np.zeros(2, "f4")}, libfa.DtypeError, "is float32, the network is float64"),
                ({**changed, last: np.array(["a", "b"])}, libfa.DtypeError, "layers.2.bias"),
                ({**changed, last: nan}, libfa.NotFiniteError, "layers.2.bias holds NaN")):
            with self.assertRaisesRegex(error, sentence):
                net.load_state_dict(bad)
            same(self, net, network())
        with self.assertRaises(libfa.DtypeError):
            net.load_state_dict({**good, last: np.array(["a", "b"])}, convert=True)

    def test_convert(self):
        net = network("float32")
        net.load_state_dict(network().state_dict(), convert=True)
        np.testing.assert_array_equal(net.weights(1), network().weights(1).astype("float32"))
        net.load_state_dict({**net.state_dict(), "layers.2.bias": [1, 2]}, convert=True)
        np.testing.assert_array_equal(net.bias(3), [1, 2])

    def test_others_arrays(self):
        class Tensor:
            def __init__(self, array):
                self.array = array

            def __array__(self, dtype=None, copy=None):
                return self.array
        net = network()
        net.load_state_dict({name: Tensor(array * 2) for name, array in network().state_dict().items()})
        np.testing.assert_array_equal(net.weights(1), 2 * network().weights(1))


class Networks(unittest.TestCase):
    def check(self, net, ways=WAYS):
        for name, way in ways.items():
            with self.subTest(name):
                other = way(net)
                same(self, net, other)
                for l in range(1, 4):
                    self.assertEqual(
                        [net.is_frozen(l), net.dropout(l - 1), net.is_pruned(l), net.held_norm(l)],
                        [other.is_frozen(l), other.dropout(l - 1), other.is_pruned(l), other.held_norm(l)])
                before = other.weights(1).copy()
                net.init_weights(1, "normal", 1.0, seed=77)  # they have nothing in common
                np.testing.assert_array_equal(other.weights(1), before)
                net.load_state_dict(other.state_dict())

    def test_plain(self):
        for dtype in ("float32", "float64"):
            net = network(dtype)
            net.set_frozen(2)
            net.set_dropout(0, 0.25)
            net.set_dropout(1, 0.5)
            self.check(net)
        self.assertEqual(pickle.loads(pickle.dumps(libfa.Network(3))).depth, 0)

    def test_what_only_a_file_holds(self):
        net = network()
        net.prune(1, 0.5, seed=3)
        net.hold_norm(3)
        net.set_frozen(2)
        if CHECKPOINTS:
            self.check(net)
        else:
            self.check(net, {"copy": copy.copy})
            with self.assertRaises(libfa.UnsupportedError):
                pickle.dumps(net)

    def test_not_finite(self):
        """Weights that no call sets, but that an enormous learning rate makes."""
        net = libfa.Network(1, "float32")
        net.add_dense(1, bias=False)
        pass_, fb, opt = libfa.Pass(net, 1), libfa.Feedback(net, "bp", 1), libfa.Optimizer(net, learning_rate=1e30)
        libfa.train_step(net, pass_, fb, opt, np.ones((1, 1), "f4"), np.full((1, 1), 1e10, "f4"))
        self.assertTrue(np.isinf(net.weights(1)).all())
        np.testing.assert_array_equal(copy.copy(net).weights(1), net.weights(1))
        if CHECKPOINTS:
            np.testing.assert_array_equal(pickle.loads(pickle.dumps(net)).weights(1), net.weights(1))


class OwnFA(libfa.Rule):
    name = "own_fa"
    params = (libfa.real_param("gain", 1.0, 0.0, 10.0, "of the deltas"),)

    def __init__(self):
        self.calls = 0

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        self.calls += 1
        step.transport(2)
        step.transport(1)

    def save(self):
        return self.calls.to_bytes(8, "little")

    def load(self, state):
        self.calls = int.from_bytes(state, "little")


class Parts(unittest.TestCase):
    """They go on as the originals do."""

    def steps(self, net, pass_, fb, opt, count):
        return [libfa.train_step(net, pass_, fb, opt, X, np.abs(np.tanh(TARGET))) for _ in range(count)]

    def test_feedback_and_optimizer(self):
        if not CHECKPOINTS:
            return
        for rule in ("fa", "kolen_pollack", "weight_mirror", OwnFA()):
            for name, options in (("sgd", {"momentum": 0.9}), ("adam", {"amsgrad": True})):
                net = network()
                fb, opt = libfa.Feedback(net, rule, 3), libfa.Optimizer(net, name, **options)
                if rule == "fa":
                    fb.set_param("feedback_form", "sparse")
                opt.set_rate_factor(1, libfa.WEIGHTS, 0.5)
                self.steps(net, libfa.Pass(net, 24), fb, opt, 5)
                for how, way in WAYS.items():
                    with self.subTest(rule=fb.rule_name, optimizer=name, how=how):
                        others = way(net), libfa.Pass(net, 24), way(fb), way(opt)
                        self.assertEqual(others[3].steps, opt.steps)
                        np.testing.assert_array_equal(others[2].dense(1), fb.dense(1))
                        originals = net.copy(), libfa.Pass(net, 24), pickle.loads(pickle.dumps(fb)), way(opt)
                        self.assertEqual(self.steps(*others, 4), self.steps(*originals, 4))
                        self.assertNotEqual(others[3].steps, opt.steps)

    def test_every_rule(self):
        """Those too that draw no B, and so have no form of it to keep."""
        if not CHECKPOINTS:
            return
        for rule in libfa.rules():
            net = network()
            fb, opt = libfa.Feedback(net, rule, 3), libfa.Optimizer(net)
            self.steps(net, libfa.Pass(net, 24), fb, opt, 2)
            with self.subTest(rule):
                other, learner = net.copy(), pickle.loads(pickle.dumps(fb))
                self.assertEqual(self.steps(other, libfa.Pass(other, 24), learner, copy.copy(opt), 3),
                                 self.steps(net, libfa.Pass(net, 24), fb, opt, 3))

    def test_rules_of_python_are_not_shared(self):
        if not CHECKPOINTS:
            return
        rule = OwnFA()
        net = network()
        fb, opt = libfa.Feedback(net, rule, 3), libfa.Optimizer(net)
        self.steps(net, libfa.Pass(net, 24), fb, opt, 3)
        other = copy.copy(fb)
        self.steps(net, libfa.Pass(net, 24), other, opt, 2)
        self.assertEqual(rule.calls, 3)

    def test_trainer(self):
        if not CHECKPOINTS:
            return

        def objects():
            net = network()
            net.set_dropout(1, 0.3)
            return net, libfa.Pass(net, 8), libfa.Feedback(net, "fa", 2), libfa.Optimizer(net, "adam")
        data = libfa.Dataset(X, np.abs(np.tanh(TARGET)))
        whole, first = objects(), objects()
        trainer = libfa.Trainer(whole[0], 5, epochs=6)
        trainer.run(*whole, data)
        part = libfa.Trainer(first[0], 5, epochs=3)
        part.run(*first, data)
        net, _, fb, opt, part = pickle.loads(pickle.dumps((first[0], None, first[2], first[3], part)))
        self.assertEqual(part.epochs, 3)
        part["epochs"] = 6
        part.run(net, libfa.Pass(net, 8), fb, opt, data)
        same(self, net, whole[0])
        self.assertEqual([record.training.loss for record in part.records],
                         [record.training.loss for record in trainer.records])

    def test_a_trainer_that_runs(self):
        net = network()
        trainer = libfa.Trainer(net, 1, epochs=1)
        trainer.on(libfa.AFTER_UPDATE, lambda seen: pickle.dumps(trainer))
        with self.assertRaisesRegex(libfa.StateError, "is running"):
            trainer.run(net, libfa.Pass(net, 8), libfa.Feedback(net, "fa", 2), libfa.Optimizer(net),
                        libfa.Dataset(X, np.abs(np.tanh(TARGET))))

    def test_data_sets(self):
        labels = np.arange(24) % 3
        for data in (libfa.Dataset(X, TARGET), libfa.Dataset(X, labels, 5),
                     libfa.Dataset(X, labels, 5).split(1, [7, 9])[1], libfa.Dataset(X.T.copy().T, TARGET).rows(3, 4)):
            for how, way in WAYS.items():
                with self.subTest(how):
                    other = way(data)
                    self.assertEqual((len(other), other.n_inputs, other.n_outputs, other.has_labels, other.dtype),
                                     (len(data), data.n_inputs, data.n_outputs, data.has_labels, data.dtype))
                    for mine, its in zip(data.gather(), other.gather()):
                        np.testing.assert_array_equal(mine, its)
        x = X.copy()
        other = copy.copy(libfa.Dataset(x, TARGET))
        x[:] = 0
        np.testing.assert_array_equal(other.gather()[0], X)

    def test_what_cannot_be_copied(self):
        class Copying(OwnFA):
            def setup(self, setup):
                super().setup(setup)
                self.things = [setup]

            def backward(self, step):
                super().backward(step)
                self.things.append(step)
                for thing in self.things:
                    for way in (pickle.dumps, copy.copy):
                        with test.assertRaisesRegex(TypeError, "only valid in the callback"):
                            way(thing)
        test, net = self, network()
        fb = libfa.Feedback(net, Copying(), 1)
        libfa.train_step(net, libfa.Pass(net, 24), fb, libfa.Optimizer(net), X, np.abs(np.tanh(TARGET)))
        for thing in (libfa.Pass(net, 8), libfa.Recorder(net)):
            for way in (pickle.dumps, copy.copy, copy.deepcopy):
                with self.assertRaisesRegex(TypeError, f"a {type(thing).__name__} can be neither copied nor pickled"):
                    way(thing)
        with self.assertRaises((TypeError, ValueError)):
            pickle.dumps(libfa.matrix_view(X))

    def test_results_and_exceptions(self):
        net = network()
        result = libfa.evaluate(net, libfa.Dataset(X, np.abs(np.tanh(TARGET))))
        self.assertEqual(bytes(pickle.loads(pickle.dumps(result))), bytes(result))
        for error in libfa._ERRORS.values():
            other = pickle.loads(pickle.dumps(error(-3, "a sentence")))
            self.assertEqual((type(other), other.status, str(other)), (error, -3, "a sentence"))


if __name__ == "__main__":
    tap.main()
