"""What a user is told: which argument is wrong and what helps, what is closed or not finite, and what an object is."""
import pickle
import re
import unittest
import warnings

import numpy as np

import libfa
import tap

X, TARGET = np.eye(6, 4, dtype="f4"), np.eye(6, 3, dtype="f4")


class Told(unittest.TestCase):
    def setUp(self):
        self.net = libfa.Network(4)
        self.net.add_dense(5, "tanh")
        self.net.add_dense(3)
        self.net.init_weights(0, "glorot_uniform", 1.0, 1)
        self.pass_, self.fb = libfa.Pass(self.net, 6), libfa.Feedback(self.net, "fa", 2)
        self.opt = libfa.Optimizer(self.net, learning_rate=0.1)

    def step(self, **others):
        given = {"net": self.net, "pass_": self.pass_, "fb": self.fb, "opt": self.opt, "x": X, "target": TARGET}
        return libfa.train_step(**{**given, **others})

    def told(self, kind, sentence, call, *arguments, **named):
        with self.assertRaisesRegex(kind, re.escape(sentence)) as caught:
            call(*arguments, **named)
        error = caught.exception
        self.assertTrue(error.__context__ is None or error.__suppress_context__)
        return error


class Objects(Told):
    def test_other_kinds(self):
        """Those that C would read as what they are not among them."""
        for name, wrong, said in (("net", self.pass_, "net is of type Pass; a Network is wanted"),
                                  ("net", "net", "net is 'net'; a Network is wanted"),
                                  ("pass_", self.fb, "pass_ is of type Feedback; a Pass is wanted"),
                                  ("fb", self.pass_, "fb is of type Pass; a Feedback is wanted"),
                                  ("fb", self.opt, "fb is of type Optimizer; a Feedback is wanted"),
                                  ("opt", self.fb, "opt is of type Feedback; an Optimizer is wanted"),
                                  ("opt", self.net, "opt is of type Network; an Optimizer is wanted"),
                                  ("opt", libfa.Optimizer, "opt is the class Optimizer; an Optimizer is wanted"),
                                  ("opt", None, "opt is None; an Optimizer is wanted")):
            self.told(TypeError, said, self.step, **{name: wrong})
        self.assertGreater(self.step(), 0)
        self.told(TypeError, "pass_ is of type Feedback; a Pass is wanted", self.step, pass_=self.fb, fb=self.pass_)
        libfa.forward(self.net, self.pass_, X)
        libfa.error(self.net, self.pass_, TARGET)
        libfa.backward(self.net, self.pass_, self.fb)
        self.told(TypeError, "opt is of type Feedback; an Optimizer is wanted", libfa.update, self.net, self.pass_,
                  self.fb, self.fb)
        self.told(TypeError, "data is an array of float32 [6 x 4]; a Dataset is wanted", libfa.evaluate, self.net, X)
        self.told(TypeError, "net is 'net'; a Network is wanted", libfa.Feedback, "net", "fa", 1)

    def test_numbers_and_names(self):
        told = self.told
        told(TypeError, "n_inputs is 64.0; a whole number is wanted", libfa.Network, 64.0)
        told(TypeError, "n_inputs is '64'; a whole number is wanted", libfa.Network, "64")
        told(TypeError, "seed is 1.5; a whole number is wanted", libfa.Feedback, self.net, "fa", 1.5)
        told(TypeError, "seed is None; a whole number is wanted", libfa.Feedback, self.net, "fa", None)
        told(TypeError, "rule is None; the name of a rule", libfa.Feedback, self.net, None, 1)
        told(TypeError, "rule is the class Rule; the name of a rule, or an object", libfa.Feedback, self.net,
             libfa.Rule, 1)
        told(TypeError, "learning_rate is None; a number is wanted", libfa.Optimizer, self.net, learning_rate=None)
        told(TypeError, "l is '1'; a whole number is wanted", self.net.weights, "1")
        told(TypeError, "dtype is None; libfa has float32 and float64", libfa.Network, 3, None)
        self.assertEqual(libfa.Network(np.int64(3), np.float64).width(0), 3)

    def test_closed(self):
        closed = libfa.Optimizer(self.net)
        closed.close()
        self.told(libfa.ArgumentError, "the optimizer is closed", self.step, opt=closed)
        for name, one in (("feedback", self.fb), ("pass", self.pass_), ("network", self.net)):
            one.close()
            self.told(libfa.ArgumentError, f"the {name} is closed", self.step)
            self.assertEqual(repr(one), f"{type(one).__name__}(closed)")
        self.told(libfa.ArgumentError, "the network is closed", self.net.predict, X)

    def test_repr(self):
        data = libfa.Dataset(X, np.arange(6) % 3)
        trainer = libfa.Trainer(self.net, 1, epochs=2, batch=3)
        recorder = libfa.Recorder(self.net)
        self.assertEqual(repr(self.net), "Network(4-5-3, tanh-identity, float32, squared_error)")
        self.assertEqual(repr(libfa.Network(4, "float64")), "Network(4, float64, squared_error)")
        self.assertEqual(repr(self.fb), "Feedback(fa, 4-5-3, float32)")
        self.assertEqual(repr(self.opt), "Optimizer(sgd, learning_rate=0.1, 4-5-3, 0 steps)")
        self.assertEqual(repr(self.pass_), "Pass(max_batch=6, batch=0)")
        self.assertEqual(repr(data), "Dataset(6 samples, 4 inputs, 3 classes, float32)")
        self.assertEqual(repr(libfa.Dataset(X, TARGET)), "Dataset(6 samples, 4 inputs, 3 targets, float32)")
        self.assertEqual(repr(trainer), "Trainer(epoch 0 of 2, batch=3)")
        trainer.on(libfa.AFTER_DELTAS, recorder)
        trainer.run(self.net, self.pass_, self.fb, self.opt, data)
        self.assertEqual(repr(trainer), "Trainer(epoch 2 of 2, batch=3)")
        self.assertEqual(repr(self.opt), "Optimizer(sgd, learning_rate=0.1, 4-5-3, 4 steps)")
        self.assertEqual(repr(recorder), "Recorder(4 observations)")
        self.assertEqual(repr(pickle.loads(pickle.dumps(self.net))), repr(self.net))
        streaming = libfa.Pass(self.net, 6, streaming=True)
        streaming.set_threads(2)
        self.assertEqual(repr(streaming), "Pass(max_batch=6, batch=0, threads=2, streaming)")
        self.assertEqual(repr(libfa.Network.__new__(libfa.Network)), "Network(closed)")


class Arrays(Told):
    def test_types(self):
        remedy = 'np.asarray(x, dtype="float32")'
        for x in (X.tolist(), X.astype(int), X.astype("f2"), X.astype(">f4")):
            error = self.told(TypeError, remedy, self.step, x=x)
            self.assertTrue(str(error).startswith("x is "), error)
            self.told(TypeError, remedy, self.net.predict, x)
            self.told(TypeError, remedy, libfa.Dataset, x, TARGET)
        self.told(TypeError, remedy, self.step, x=X.astype("f8"))
        self.told(TypeError, 'np.asarray(target, dtype="float32")', self.step, target=TARGET.astype("f8"))
        self.told(TypeError, "x is a masked array, and libfa knows no masks", self.step, x=np.ma.array(X))
        self.told(TypeError, "out is an array of int64 [6 x 3]", self.net.predict, X, np.zeros((6, 3), "i8"))
        self.told(ValueError, "np.ascontiguousarray(x)", self.step, x=X[::-1])
        doubles = libfa.Dataset(X.astype("f8"), TARGET.astype("f8"))
        self.told(TypeError, remedy, libfa.evaluate, self.net, doubles)

    def test_labels_for_a_step(self):
        for labels in (np.arange(6) % 3, (np.arange(6) % 3)[:, None]):
            self.told(TypeError, "libfa.one_hot(target, n_classes), or by a Dataset", self.step, target=labels)
        self.told(ValueError, "libfa.one_hot()", self.step, target=np.zeros(6, "f4"))
        self.told(ValueError, "x.reshape(-1, 1) is a column", self.net.predict, np.zeros(6, "f4"))

    def test_labels_for_a_data_set(self):
        for target in (np.zeros(6), np.zeros(6, "f4")):
            self.told(ValueError, "labels are integers, target.astype(int), and a column is target.reshape(-1, 1)",
                      libfa.Dataset, X, target)
        for target in (np.array(list("abcabc")), np.array(["a", None] * 3, object), list("abcabc")):
            self.told(TypeError, "classes, target = np.unique(target, return_inverse=True)", libfa.Dataset, X, target)
        self.told(TypeError, "target.ravel()", libfa.Dataset, X, np.zeros((6, 1), int))
        self.told(TypeError, 'other targets are numbers: np.asarray(target, dtype="float32")', libfa.Dataset, X,
                  np.eye(6, 3, dtype=int))
        self.told(ValueError, "there are 6 labels, x has 1 rows: x has one dimension", libfa.Dataset, X[:, 0].copy(),
                  np.zeros(6, int))
        for masked in (np.ma.array(np.zeros(6, int), mask=[1, 0, 0, 0, 0, 0]), np.ma.array(TARGET)):
            self.told(TypeError, "target is a masked array", libfa.Dataset, X, masked)
        self.told(TypeError, "labels is a masked array", libfa.one_hot, np.ma.array([0, 1], mask=[0, 1]))
        self.assertEqual(len(libfa.Dataset(X[:, :1], np.arange(6.0, dtype="f4").reshape(-1, 1))), 6)
        self.assertEqual(len(libfa.Dataset(X[0], np.zeros(3, "f4"))), 1)

    def test_not_finite(self):
        x, target = X.copy(), TARGET.copy()
        x[4, 2], target[5, 1] = np.nan, -np.inf
        said = "x holds nan in row 4, column 2 (counted from 0)"
        of_target = "target holds -inf in row 5, column 1 (counted from 0)"
        told = self.told
        for call in (self.step, lambda **one: self.net.evaluate(*{"x": X, "target": TARGET, **one}.values())):
            error = told(libfa.NotFiniteError, "the loss is NaN: " + said, call, x=x)
            self.assertEqual((error.status, error.args), (-5, (-5, str(error))))
            told(libfa.NotFiniteError, of_target, call, target=target)
        libfa.forward(self.net, self.pass_, x)
        told(libfa.NotFiniteError, said, libfa.error, self.net, self.pass_, TARGET)
        libfa.forward(self.net, self.pass_, X)
        told(libfa.NotFiniteError, of_target, libfa.error, self.net, self.pass_, target)
        many, targets = np.tile(X, (400, 1)), np.tile(TARGET, (400, 1))
        many[2103, 3] = np.nan
        data = libfa.Dataset(many, targets)
        said = "x of data holds nan in row 2103, column 3 (counted from 0)"
        error = told(libfa.NotFiniteError, said, libfa.train_epoch, self.net, self.pass_, self.fb, self.opt, data)
        self.assertEqual(error.result.samples, 2100)
        told(libfa.NotFiniteError, said, libfa.evaluate, self.net, data)
        trainer = libfa.Trainer(self.net, 1, epochs=1)
        told(libfa.NotFiniteError, "x of validation holds nan", trainer.run, self.net, self.pass_, self.fb, self.opt,
             libfa.Dataset(X, TARGET), data)
        net = libfa.Network(4)  # all is finite but the outputs
        net.add_dense(3)
        net.set_weights(1, np.full((3, 4), 100, "f4"))
        error = told(libfa.NotFiniteError, "the loss is infinite", net.evaluate, X * np.float32(3e38), TARGET)
        self.assertEqual(str(error), "the loss is infinite")

    def test_predict_keeps_nan_in_its_row(self):
        x = X.copy()
        x[4, 2] = np.nan
        y = self.net.predict(x)
        self.assertTrue(np.isnan(y[4]).all())
        np.testing.assert_array_equal(np.delete(y, 4, 0), np.delete(self.net.predict(X), 4, 0))


class Estimators(Told):
    Y = np.array(list("abcabc"))

    def test_before_fit(self):
        for cls in (libfa.Classifier, libfa.Regressor):
            for call in (cls().predict, lambda x: cls().score(x, self.Y)):
                said = f"this {cls.__name__} is not fitted yet: call fit() first"
                error = self.told(libfa.NotFittedError, said, call, X)
                self.assertIsInstance(error, ValueError)
                self.assertIsInstance(error, AttributeError)
                self.assertEqual(str(pickle.loads(pickle.dumps(error))), str(error))

    def test_masks(self):
        masked, labels = np.ma.array(X, mask=X > 0), np.ma.array([0, 1, 2, 0, 1, 2], mask=[1, 0, 0, 0, 0, 0])
        classifier = libfa.Classifier(3, epochs=1).fit(X, self.Y)
        for call in (libfa.Classifier().fit, libfa.Regressor().fit, libfa.Classifier().partial_fit, classifier.score):
            self.told(TypeError, "X is a masked array, and libfa knows no masks: X.filled(value)", call, masked, self.Y)
            self.told(TypeError, "y is a masked array", call, X, labels)
        self.told(TypeError, "X is a masked array", classifier.predict, masked)

    def test_parameters(self):
        told = self.told
        told(TypeError, "hidden is '30'; a whole number is wanted, or several", libfa.Classifier("30").fit, X, self.Y)
        told(TypeError, "a width in hidden is 30.0; a whole number is wanted", libfa.Classifier((30.0,)).fit, X, self.Y)
        told(TypeError, "batch is None; a whole number is wanted", libfa.Classifier(batch=None).fit, X, self.Y)
        told(TypeError, "validation is 1; a pair (X, y) is wanted", libfa.Classifier().fit, X, self.Y, validation=1)
        for cls in (libfa.Classifier, libfa.Regressor):
            told(TypeError, f"{cls.__name__}.__init__() got an unexpected keyword argument 'lr'", cls, lr=1)
            self.assertEqual(cls().fit(X, np.arange(6)).n_features_in_, 4)

    def test_labels_that_cannot_be_sorted(self):
        mixed = np.array(["a", None, "b"] * 2, object)
        new = libfa.Classifier()
        self.told(TypeError, "y holds labels of types NoneType, str, which cannot be sorted", new.fit, X, mixed)
        self.told(TypeError, "classes holds labels of types", new.partial_fit, X, self.Y, classes=["a", 1, None])

    def test_too_large(self):
        """Without a warning on the way."""
        for cls, x, y in ((libfa.Classifier, X * 1e300, self.Y), (libfa.Regressor, X, np.full(6, 1e300))):
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self.told(ValueError, "numbers too large for float32", cls().fit, np.asarray(x, "f8"), y)

    def test_scores(self):
        model = libfa.Regressor(3, epochs=1).fit(X, np.arange(6.0))
        for y in ([1, 2, 3, 4, 5, None], [np.nan] * 6):
            self.told(ValueError, "y holds NaN or infinity", model.score, X, y)
        self.told(ValueError, "y has shape (5,), what is predicted has shape (6,)", model.score, X, np.arange(5))
        classifier = libfa.Classifier(3, epochs=1).fit(X, self.Y)
        self.told(ValueError, "X has 6 samples, y has 5", classifier.score, X, self.Y[:5])


if __name__ == "__main__":
    tap.main()
