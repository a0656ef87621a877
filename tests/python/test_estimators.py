"""Classifier and Regressor without scikit-learn: their numbers are those of the Trainer, bad input is refused."""
import copy
import io
import os
import pickle
import subprocess
import sys
import unittest
import warnings

import numpy as np

import libfa
import tap

CHECKPOINTS = os.environ.get("LIBFA_TEST_CHECKPOINTS", "1") == "1"
RANDOM = np.random.default_rng(3)
X = RANDOM.normal(size=(90, 4))
LABELS = np.argmax(X[:, :3] + 0.1 * RANDOM.normal(size=(90, 3)), axis=1)
NAMES = np.array(["pear", "apple", "fig"])[LABELS]
Y = np.tanh(X @ RANDOM.normal(size=(4, 2)))


class ByHand(unittest.TestCase):
    """The recipe of docs/guide/python.md, call by call."""

    def objects(self, output, loss, n_outputs, rule="fa", hidden=(100,), dtype="float32", seed=0, optimizer="adam",
                **options):
        net = libfa.Network(4, dtype)
        for width in hidden:
            net.add_dense(width, "tanh")
        net.add_dense(n_outputs, output)
        net.loss = loss
        net.init_weights(0, "glorot_uniform", 1.0, seed)
        return net, libfa.Feedback(net, rule, seed), libfa.Optimizer(net, optimizer, **options)

    def same(self, estimator, net):
        for name, array in net.state_dict().items():
            np.testing.assert_array_equal(estimator.net_.state_dict()[name], array)

    def test_classifier(self):
        x = X.astype("float32")
        net, fb, opt = self.objects("softmax", "cross_entropy", 3)
        trainer = libfa.Trainer(net, 0, epochs=7, batch=32)
        trainer.run(net, libfa.Pass(net, 32), fb, opt,
                    libfa.Dataset(x, np.searchsorted(["apple", "fig", "pear"], NAMES)))
        mine = libfa.Classifier(epochs=7).fit(X, NAMES)
        self.same(mine, net)
        self.assertEqual(mine.loss_curve_, [record.training.loss for record in trainer.records])
        self.assertEqual((mine.n_iter_, mine.loss_, mine.seed_, mine.stop_, mine.n_features_in_, mine.n_outputs_),
                         (7, mine.loss_curve_[-1], 0, libfa.STOP_EPOCHS, 4, 3))
        self.assertEqual(list(mine.classes_), ["apple", "fig", "pear"])
        np.testing.assert_array_equal(mine.predict_proba(X), net.predict(x))
        np.testing.assert_array_equal(mine.predict(X), mine.classes_[net.predict(x).argmax(axis=1)])
        self.assertEqual(mine.score(X, NAMES), np.mean(mine.predict(X) == NAMES))
        self.assertGreater(libfa.Classifier().fit(X, NAMES).score(X, NAMES), 0.9)

    def test_regressor(self):
        net, fb, opt = self.objects("identity", "squared_error", 2, "dfa", (9, 8), "float64", 5, "sgd",
                                    learning_rate=0.02, momentum=0.9)
        trainer = libfa.Trainer(net, 5, epochs=4, batch=16, shuffle=False, schedule="cosine", warmup=1)
        trainer.run(net, libfa.Pass(net, 16), fb, opt, libfa.Dataset(X, Y))
        mine = libfa.Regressor((9, 8), "dfa", dtype="float64", random_state=5, optimizer="sgd", learning_rate=0.02,
                               optimizer_params={"momentum": 0.9}, epochs=4, batch=16, shuffle=False, schedule="cosine",
                               trainer_params={"warmup": 1}).fit(X, Y)
        self.same(mine, net)
        np.testing.assert_array_equal(mine.predict(X), net.predict(X))
        flat = libfa.Regressor(epochs=200).fit(X, Y[:, 0])
        self.assertEqual(flat.predict(X).shape, (90,))
        self.assertEqual(libfa.Regressor(epochs=2).fit(X, Y[:, :1]).predict(X).shape, (90, 1))
        self.assertGreater(flat.score(X, Y[:, 0]), 0.8)
        outputs = flat.predict(X)
        expected = 1 - np.sum((Y[:, 0] - outputs) ** 2) / np.sum((Y[:, 0] - Y[:, 0].mean()) ** 2)
        self.assertAlmostEqual(flat.score(X, Y[:, 0]), expected, places=12)

    def test_early_stopping(self):
        x = X.astype("float32")
        net, fb, opt = self.objects("softmax", "cross_entropy", 3, hidden=(30,), seed=4, learning_rate=0.02)
        training, held = libfa.Dataset(x, LABELS).split(4, [72, 18])
        trainer = libfa.Trainer(net, 4, epochs=300, batch=8, patience=3, keep_best=True)
        trainer.run(net, libfa.Pass(net, 8), fb, opt, training, held)
        mine = libfa.Classifier(30, random_state=4, epochs=300, batch=8, learning_rate=0.02, patience=3,
                                validation_fraction=0.2).fit(X, LABELS)
        self.same(mine, net)
        self.assertEqual((mine.best_epoch_, mine.n_iter_, mine.stop_), (trainer.best, trainer.epochs, trainer.stop))
        # So the best is not the last.
        self.assertEqual((mine.stop_, mine.n_iter_), (libfa.STOP_EARLY, mine.best_epoch_ + 3))
        self.assertEqual(mine.validation_curve_, [record.validation.loss for record in trainer.records])

    def test_validation_of_ones_own(self):
        mine = libfa.Classifier(epochs=5).fit(X[:60], NAMES[:60], validation=(X[60:], NAMES[60:]))
        self.assertEqual(len(mine.validation_curve_), 5)
        self.assertEqual(mine.best_epoch_, 1 + int(np.argmin(mine.validation_curve_)))
        again = libfa.Regressor(epochs=5).fit(X[:60], Y[:60], validation=(X[60:], Y[60:]))
        self.assertEqual(len(again.validation_curve_), 5)

    def test_partial_fit(self):
        x = X.astype("float32")
        net, fb, opt = self.objects("softmax", "cross_entropy", 3)
        mine = libfa.Classifier()
        losses = []
        for epoch, rows in enumerate((slice(0, 40), slice(40, 90), slice(0, 90)), 1):
            losses.append(libfa.train_epoch(net, libfa.Pass(net, 32), fb, opt, libfa.Dataset(x[rows], LABELS[rows], 3),
                                            shuffle=True, seed=0, epoch=epoch).loss)
            self.assertIs(mine.partial_fit(X[rows], LABELS[rows], classes=[0, 1, 2]), mine)
        self.same(mine, net)
        self.assertEqual((mine.loss_curve_, mine.n_iter_), (losses, 3))
        other = libfa.Regressor()
        for _ in range(100):
            other.partial_fit(X, Y)
        self.assertGreater(other.score(X, Y), 0.5)
        self.same(libfa.Regressor(epochs=100).fit(X, Y), other.net_)
        other.fit(X, Y)  # anew
        self.assertEqual(len(other.loss_curve_), 100)

    def test_dropout_goes_on(self):
        """Each partial_fit() draws further masks, as one long run does."""
        one = libfa.Classifier(dropout=0.5, batch=90, shuffle=False, epochs=3).fit(X, LABELS)
        many = libfa.Classifier(dropout=0.5, batch=90, shuffle=False)
        for _ in range(3):
            many.partial_fit(X, LABELS)
        self.same(many, one.net_)

    def test_rate_that_suits_the_rule(self):
        for rule in ("bp", "dfa"):
            rate = libfa.lib.fa_rule_find(rule.encode()).contents.learning_rate
            mine = libfa.Classifier(rule=rule, optimizer="sgd", epochs=1).fit(X, LABELS)
            self.assertEqual(mine.optimizer_.get("learning_rate"),
                             rate or libfa.Optimizer(mine.net_).get("learning_rate"))
        mine = libfa.Classifier(epochs=1).fit(X, LABELS)
        self.assertEqual(mine.optimizer_.get("learning_rate"), libfa.Optimizer(mine.net_, "adam").get("learning_rate"))

    def test_every_rule(self):
        for rule in libfa.rules():
            with self.subTest(rule):
                mine = libfa.Classifier(20, rule, epochs=2).fit(X, NAMES)
                self.assertEqual(mine.predict(X).shape, (90,))
        mine = libfa.Classifier(20, epochs=2, rule_params={"feedback_scale": 0.5}).fit(X, NAMES)
        self.assertEqual(mine.feedback_.param("feedback_scale"), 0.5)

    def test_seeds(self):
        def weights(random_state):
            return libfa.Classifier(epochs=1, random_state=random_state).fit(X, LABELS).net_.weights(1).copy()
        np.testing.assert_array_equal(weights(3), weights(np.int64(3)))
        np.testing.assert_array_equal(weights(np.random.RandomState(3)), weights(np.random.RandomState(3)))
        np.testing.assert_array_equal(weights(np.random.default_rng(3)), weights(np.random.default_rng(3)))
        self.assertTrue(np.any(weights(None) != weights(None)))
        for bad in (-1, "3", 0.5):
            with self.assertRaisesRegex(ValueError, "random_state"):
                weights(bad)


class Labels(unittest.TestCase):
    def test_of_any_kind(self):
        for classes in (np.array([-7, 3, 500]), ["b", "a", "c"], np.array([2.0, 1.0, 3.0]), [b"x", b"y", b"z"],
                        np.array(["b", "a", "c"], object),
                        np.array(["2020-01-03", "2020-01-01", "2020-01-02"], "M8[D]")):
            classes = np.asarray(classes)
            y = classes[LABELS]
            mine = libfa.Classifier(epochs=60).fit(X, y)
            np.testing.assert_array_equal(mine.classes_, np.sort(classes))
            self.assertEqual(mine.classes_.dtype, classes.dtype)
            self.assertGreater(mine.score(X, y), 0.8)
        mine = libfa.Classifier(epochs=60).fit(X, LABELS == 0)
        self.assertEqual((mine.classes_.dtype, mine.n_outputs_), (bool, 2))
        self.assertEqual(mine.score(list(map(list, X)), list(LABELS == 0)), mine.score(X, LABELS == 0))

    def test_refused_fit_leaves_the_old_one(self):
        mine = libfa.Classifier(epochs=2).fit(X, NAMES)
        before = mine.predict(X)
        for params in ({}, {"rule": "none"}):
            with self.assertRaises(ValueError):
                mine.set_params(**params).fit(X, np.zeros(90) if not params else LABELS > 0)
            np.testing.assert_array_equal(mine.predict(X), before)
        mine = libfa.Regressor(epochs=2).fit(X, Y)
        before = mine.predict(X)
        with self.assertRaises(ValueError):
            mine.set_params(rule="none", random_state=5).fit(X, Y[:, 0])
        np.testing.assert_array_equal(mine.predict(X), before)
        self.assertEqual(mine.seed_, 0)

    def test_refused(self):
        for y, sentence in ((LABELS[:-1], "90 samples, y has shape"), (None, "requires y"), (5, "y has shape"),
                            (np.eye(3)[LABELS], "one-hot"), (X[:, 0], "Unknown label type"),
                            (np.where(LABELS == 1, np.nan, 1.0), "NaN"), (np.zeros(90), "only one class, 0.0")):
            with self.assertRaisesRegex(ValueError, sentence):
                libfa.Classifier().fit(X, y)
        mine = libfa.Classifier().partial_fit(X, NAMES)
        with self.assertRaisesRegex(ValueError, "'plum', which is none of the classes"):
            mine.partial_fit(X[:2], ["fig", "plum"])
        with self.assertRaisesRegex(ValueError, "since the first call"):
            mine.partial_fit(X, NAMES, classes=["fig", "plum"])
        with self.assertRaisesRegex(ValueError, "'plum'"):
            mine.fit(X, NAMES, validation=(X[:1], ["plum"]))
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            libfa.Classifier(epochs=1).fit(X, NAMES[:, None])
        self.assertEqual(len(seen), 1)


class Refused(unittest.TestCase):
    def test_inputs(self):
        nan, infinite = X.copy(), X.copy()
        nan[3, 1], infinite[3, 1] = np.nan, 1e300  # too large for float32
        for cls, y in ((libfa.Classifier, LABELS), (libfa.Regressor, Y)):
            fitted = cls(epochs=1).fit(X, y)
            for x, sentence in ((nan, "X holds NaN"), (infinite, "too large for float32"), (X[0], "Reshape your data"),
                                (X[None], "3 dimensions"), (X[:0], "0 sample"), (X[:, :0], "0 feature"),
                                (X + 1j, "Complex"), (X.astype(str).astype(object) + "x", "could not convert")):
                with self.assertRaisesRegex(ValueError, sentence):
                    cls(epochs=1).fit(x, y)
                with self.assertRaisesRegex(ValueError, sentence):
                    fitted.predict(x)
            with self.assertRaisesRegex(ValueError, "X has 3 features, but .* is expecting 4 features as input"):
                fitted.predict(X[:, :3])
            with self.assertRaisesRegex(ValueError, "X has 3 features"):
                fitted.partial_fit(X[:, :3], y)

            class Sparse:
                def toarray(self):
                    return X
            with self.assertRaisesRegex(TypeError, "sparse"):
                cls().fit(Sparse(), y)
            for call in ("predict", "score", "predict_proba"):
                if hasattr(cls, call):
                    with self.assertRaisesRegex(libfa.NotFittedError, f"this {cls.__name__} is not fitted yet"):
                        getattr(cls(), call)(X, *([y] if call == "score" else []))
            for fit in ("fit", "partial_fit"):
                with self.assertRaisesRegex(TypeError, "takes no sample_weight"):
                    getattr(cls(), fit)(X, y, sample_weight=np.ones(90))
                with self.assertRaisesRegex(TypeError, "no argument 'epochs'"):
                    getattr(cls(), fit)(X, y, epochs=3)

    def test_targets(self):
        for y, sentence in ((np.full((90, 1), np.nan), "y holds NaN"), (np.zeros((90, 2, 2)), "3 dimensions"),
                            (Y[:3], "90 samples"), (Y[:, :0], "0 feature")):
            with self.assertRaisesRegex(ValueError, sentence):
                libfa.Regressor().fit(X, y)
        with self.assertRaisesRegex(ValueError, "y has 1 columns, and had 2"):
            libfa.Regressor().partial_fit(X, Y).partial_fit(X, Y[:, 0])

    def test_parameters(self):
        for params in ({"rule": "nothing"}, {"hidden": (0,)}, {"optimizer": "newton"}, {"epochs": 0},
                       {"activation": "x"},
                       {"schedule": "steep"}, {"trainer_params": {"nothing": 1}}, {"optimizer_params": {"nothing": 1}},
                       {"rule_params": {"nothing": 1}}, {"dropout": 1.5}, {"init": "x"}, {"learning_rate": -1.0}):
            with self.assertRaises(ValueError, msg=params):
                libfa.Classifier(**params).fit(X, LABELS)
        with self.assertRaises(TypeError):
            libfa.Classifier(dtype="int8").fit(X, LABELS)
        with self.assertRaisesRegex(ValueError, "1 sample is too few"):
            libfa.Regressor(patience=1).fit(X[:1], Y[:1])
        with self.assertRaisesRegex(ValueError, "Invalid parameter 'depth'"):
            libfa.Classifier().set_params(rule="bp", depth=3)

    def test_diverging(self):
        with self.assertRaises(libfa.NotFiniteError):
            libfa.Regressor(optimizer="sgd", learning_rate=1e20).fit(X, Y)


class Parameters(unittest.TestCase):
    def test_get_and_set(self):
        hidden = (3, 4)
        mine = libfa.Classifier(hidden, epochs=2)
        params = mine.get_params()
        self.assertIs(params["hidden"], hidden)
        self.assertEqual((params["rule"], params["epochs"]), ("fa", 2))
        self.assertIs(mine.set_params(rule="dfa"), mine)
        self.assertEqual(mine.get_params(deep=False), {**params, "rule": "dfa"})
        self.assertEqual(libfa.Regressor(**params).get_params(), params)
        self.assertEqual(repr(mine), "Classifier(hidden=(3, 4), rule='dfa', epochs=2)")

    def test_pickles(self):
        for mine, y in ((libfa.Classifier(epochs=3), NAMES),
                        (libfa.Regressor((5, 4), epochs=3, rule="kolen_pollack"), Y)):
            pickle.loads(pickle.dumps(mine)).fit(X, y)
            mine.fit(X, y)
            for way in (lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy):
                other = way(mine)
                np.testing.assert_array_equal(other.predict(X), mine.predict(X))
                self.assertEqual(other.loss_curve_, mine.loss_curve_)
                self.assertEqual(hasattr(other, "optimizer_"), CHECKPOINTS)
                if CHECKPOINTS:
                    again = pickle.loads(pickle.dumps(mine))
                    np.testing.assert_array_equal(other.partial_fit(X, y).predict(X),
                                                  again.partial_fit(X, y).predict(X))
                    self.assertTrue(np.any(other.net_.weights(1) != mine.net_.weights(1)))


class Shown:
    """Where a line of progress goes."""

    def __init__(self, terminal):
        self.text, self.terminal = io.StringIO(), terminal
        self.write, self.flush = self.text.write, self.text.flush

    def isatty(self):
        return self.terminal


class Progress(unittest.TestCase):
    def run_with(self, line, points=(libfa.AFTER_EPOCH,), labels=True):
        net = libfa.Network(4, "float64")
        net.add_dense(3, "softmax")
        net.loss = "cross_entropy"
        net.init_weights(0, "uniform", 0.1, 1)
        data = libfa.Dataset(X, LABELS) if labels else libfa.Dataset(X, np.eye(3)[LABELS])
        trainer = libfa.Trainer(net, 1, epochs=3)
        for point in points:
            trainer.on(point, line)
        trainer.run(net, libfa.Pass(net, 9), libfa.Feedback(net, "bp", 1), libfa.Optimizer(net), data,
                    data if labels else None)
        line.close()
        line.close()

    def test_terminal(self):
        self.columns("200")
        shown = Shown(True)
        self.run_with(libfa.ProgressLine(3, shown))
        text = shown.text.getvalue()
        self.assertEqual((text.count("\r"), text.count("\n")), (3, 1))
        self.assertTrue(text.startswith("\repoch 1/3, loss ") and text.endswith("\n"))
        self.assertRegex(text, r"accuracy \d+\.\d\d%, validation \S+ and \d+\.\d\d%, \d+\.\d s")
        lines = text[1:-1].split("\r")
        for before, after in zip(lines, lines[1:]):
            self.assertGreaterEqual(len(after), len(before.rstrip()))  # nothing of the old one is left

    def columns(self, count):
        kept, os.environ["COLUMNS"] = os.environ.get("COLUMNS"), count
        self.addCleanup(lambda: os.environ.pop("COLUMNS") if kept is None else os.environ.update(COLUMNS=kept))

    def test_narrow_terminal(self):
        self.columns("20")
        shown = Shown(True)
        self.run_with(libfa.ProgressLine(3, shown))
        self.assertEqual({len(line) for line in shown.text.getvalue().strip("\r\n").split("\r")}, {19})

    def test_no_terminal(self):
        shown = Shown(False)
        self.run_with(libfa.ProgressLine(3, shown))
        self.assertEqual(shown.text.getvalue(), "")
        self.run_with(libfa.ProgressLine(file=shown, show=True), (libfa.AFTER_UPDATE, libfa.AFTER_EPOCH), labels=False)
        lines = shown.text.getvalue().splitlines()
        self.assertEqual([line.split(",")[0] for line in lines], ["epoch 1", "epoch 2", "epoch 3"])
        self.assertNotIn("accuracy", lines[0])
        self.assertNotIn("\r", shown.text.getvalue())
        shown = Shown(True)
        self.run_with(libfa.ProgressLine(3, shown, show=False))
        self.assertEqual(shown.text.getvalue(), "")

    def test_batches(self):
        shown, line = Shown(True), None
        line = libfa.ProgressLine(3, shown)
        line._pause = 0
        self.run_with(line, (libfa.AFTER_UPDATE, libfa.AFTER_EPOCH))
        self.assertEqual(shown.text.getvalue().count("\r"), 33)
        self.assertIn("epoch 2/3, batch 10/10, loss", shown.text.getvalue())

    def test_notebook(self):
        """A page takes carriage returns on standard output; nothing of IPython is needed but that it is there."""
        program = ("import sys, types; module = types.ModuleType('IPython')\n"
                   "module.get_ipython = lambda: types.SimpleNamespace(kernel=1); sys.modules['IPython'] = module\n"
                   "import libfa, numpy as np\n"
                   "libfa.Regressor(epochs=2, verbose=None).fit(np.eye(4), np.ones(4))\n")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        self.assertEqual((done.stdout.count(b"\r"), done.stdout.count(b"\n"), done.stderr), (2, 1, b""))
        done = subprocess.run([sys.executable, "-c", "import libfa, numpy as np\n" + program.splitlines()[-1]],
                              capture_output=True, check=True)
        self.assertEqual((done.stdout, done.stderr), (b"", b""))

    def test_run(self):
        stderr, sys.stderr = sys.stderr, Shown(False)
        try:
            libfa.Classifier(epochs=2).fit(X, LABELS)
            libfa.Classifier(epochs=2, verbose=None).fit(X, LABELS)
            self.assertEqual(sys.stderr.text.getvalue(), "")
            libfa.Classifier(epochs=2, verbose=True).fit(X, LABELS)
            self.assertEqual(sys.stderr.text.getvalue().count("\n"), 2)
        finally:
            sys.stderr = stderr


if __name__ == "__main__":
    tap.main()
