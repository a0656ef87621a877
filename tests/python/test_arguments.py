"""Wrong arguments: every public function and method, each of its arguments in turn, with things of other types. What
comes out is a TypeError or ValueError that names the argument, or the call is fine; nothing of ctypes or insides."""
import inspect
import os
import tempfile
import typing
import unittest

import numpy as np

import libfa
import tap

X, TARGET, LABELS = np.eye(6, 4), np.eye(6, 3), np.arange(6) % 3
CHECKPOINTS = os.environ.get("LIBFA_TEST_CHECKPOINTS", "1") == "1"


class Stranger:
    """Of no type that anything takes."""


WRONG = (None, "1", b"1", 1.5, float("nan"), 10 ** 400, -1, 2 ** 70, 1j, [], [1, 2], {}, Stranger(), Stranger,
         Stranger.__init__, np.zeros((6, 4), int), np.zeros((2, 2, 2)), np.array(["a", None], object),
         np.ma.zeros((6, 4)), "null \0")
INSIDE = ("_pointer", "_handle", "_running", "_places", "_network", "_optimizer", "argument ", "ctypes", "instance",
          "not supported between", "has no attribute", "object is not", "object has no", "unhashable")


def objects(rule="fa", dtype="float64"):
    net = libfa.Network(4, dtype)
    net.add_dense(5, "tanh")
    net.add_dense(3, "identity")
    net.init_weights(0, "glorot_uniform", 1.0, 1)
    return net, libfa.Pass(net, 6), libfa.Feedback(net, rule, 2), libfa.Optimizer(net, learning_rate=0.01)


class Good(dict):
    """Arguments by name that are right wherever they stand."""

    def __init__(self, folder):
        self.net, self.pass_, self.fb, self.opt = objects()
        self.data = libfa.Dataset(X, TARGET)
        libfa.train_step(self.net, self.pass_, self.fb, self.opt, X, TARGET)
        super().__init__(net=self.net, pass_=self.pass_, fb=self.fb, opt=self.opt, data=self.data, training=self.data,
                         validation=self.data, trainer=libfa.Trainer(self.net, 1, epochs=1), x=X, target=TARGET,
                         labels=LABELS, stream_=libfa.stream(1), a=X, b=X, array=X, l=1, seed=1, scale=1.0, count=2,
                         first=0, low=0.0, high=1.0, mean=0.0, deviation=1.0, max_batch=6, n_inputs=4, n_outputs=3,
                         n=1, rule="fa", threshold=0.1, purpose=0, point=libfa.AFTER_UPDATE, fraction=0.5,
                         probability=0.5, which=1, factor=1.0, epoch=1, batch=2, every=1, sizes=[3, 3], rows=[0, 1],
                         init="uniform", activation="tanh", path=os.path.join(folder, "file"),
                         inputs=os.path.join(folder, "x.npy"), targets=os.path.join(folder, "y.npy"),
                         out=np.zeros((6, 3)), arrays=self.net.state_dict(), progress=None)

    def fresh(self):
        """New objects in the place of those that a call may have changed."""
        self.__init__(os.path.dirname(self["path"]))


def public():
    """(name, function that makes the object, function that calls) of everything to be tried."""
    for name, thing in vars(libfa).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != "libfa" or isinstance(thing, typing.TypeVar):
            continue
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing) and issubclass(thing, libfa._Object):
            yield name, thing
            for method, function in vars(thing).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}", function


class WrongArguments(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder.name)  # "1" is the name of a file, too
        self.good = Good(folder.name)
        np.save(self.good["inputs"], X)
        np.save(self.good["targets"], TARGET)

    def instance(self, name):
        cls = name.partition(".")[0]
        made = {"Network": "net", "Pass": "pass_", "Feedback": "fb", "Optimizer": "opt", "Dataset": "data",
                "Trainer": "trainer"}
        return self.good[made[cls]] if cls in made else libfa.Recorder(self.good.net)

    def good_value(self, name, parameter):
        special = {("Network.set_weights", "weights"): np.zeros((5, 4)), ("Network.set_bias", "bias"): np.zeros(5),
                   ("Network.activity", "out"): np.zeros((6, 5)), ("Feedback.set", "array"): np.zeros((5, 3)),
                   ("Dataset.standardize", "mean"): np.zeros(4), ("Dataset.standardize", "deviation"): np.ones(4),
                   ("Feedback.set_param", "name"): "scale", ("Feedback.set_param", "value"): 1.0,
                   ("Feedback.param", "name"): "scale", ("Optimizer", "name"): "sgd", ("Trainer.on", "callback"): len,
                   ("Optimizer.set", "value"): 0.1, ("Trainer.set", "name"): "epochs", ("Trainer.set", "value"): 1.0,
                   ("Trainer.get", "name"): "epochs", ("Recorder.value", "name"): "loss", ("Trainer.on", "point"): 3,
                   ("real_param", "name"): "p", ("real_param", "default"): 1.0,
                   ("Network.prune", "fraction"): 0.1, ("Trainer.freeze", "first"): 1, ("Trainer.freeze", "last"): 1}
        otherwise = "learning_rate" if name.startswith("Optimizer.") else "B"
        return special.get((name, parameter), self.good.get(parameter, otherwise))

    def call(self, name, function, wrong=None, value=None):
        parameters = inspect.signature(function).parameters.values()
        given = {}
        for one in parameters:
            if one.name in ("self", "parameters"):
                continue
            if one.name == wrong:
                given[one.name] = value
            elif one.default is inspect.Parameter.empty:
                given[one.name] = self.good_value(name, one.name)
        if "." in name:
            given["self"] = self.instance(name)
        return function(**given)

    def judge(self, name, parameter, call):
        """What the call raised, if anything, has to be a sentence for the user."""
        try:
            call()
        except (TypeError, ValueError) as error:
            said = str(error)
            if isinstance(error, libfa.FaError):
                self.assertNotIn("NULL", said)
            else:
                for word in INSIDE:
                    self.assertNotIn(word, said)
                named = {"value": "scale|learning_rate|epochs", "name": "name|null|epochs"}.get(parameter, parameter)
                self.assertRegex(said, rf"\b({named})\b")
            self.assertIsNone(error.__context__ if not error.__suppress_context__ else None)
        except (libfa.FaError, OSError, MemoryError):  # the library's or the system's own sentence
            pass

    def test_rules(self):
        """The same for what a rule calls."""
        good = {"topology": libfa.LAYERWISE, "name": "own", "l": 1, "rows": 2, "cols": 2, "init": "zero", "slot": 0,
                "first": 1, "count": 1, "purpose": libfa.PURPOSE_USER, "low": 0.0, "high": 1.0, "mean": 0.0,
                "deviation": 1.0,
                "out": np.zeros((6, 5)), "signal": TARGET, "left": np.zeros((5, 2)), "right": np.zeros((2, 3)), "x": X,
                "h": X, "a": X, "factor": 1.0}
        seen = []

        def try_all(thing):
            for method, function in vars(type(thing)).items():
                if method.startswith("_") or not inspect.isfunction(function):
                    continue
                names = list(inspect.signature(function).parameters)[1:]
                required = [one.name for one in list(inspect.signature(function).parameters.values())[1:]
                            if one.default is inspect.Parameter.empty]
                for name in names:
                    for value in WRONG:
                        address = name == "operand" and not isinstance(value, (str, float, list))
                        if name in ("derived", "writable") or address:  # truth values; what cannot be checked
                            continue
                        with self.subTest(call=method, of=type(thing), parameter=name, value=repr(value)[:30]):
                            given = {one: good[one] for one in required}
                            given[name] = value
                            self.judge(method, name, lambda: function(thing, **given))
                            seen.append(name)

        class Careless(libfa.Rule):
            def setup(self, setup):
                setup.feedback(libfa.LAYERWISE)
                try_all(setup)

            def backward(self, step):
                step.transport(1)
                try_all(step)
        net, pass_, fb, opt = objects(Careless())
        try:
            libfa.train_step(net, pass_, fb, opt, X, TARGET)
        except libfa.RuleError as error:  # the library remembers that a call of the rule failed
            self.assertIsNone(error.__cause__)
        self.assertGreater(len(seen), 500)

    def test_every_argument(self):
        tried = 0
        for name, function in public():
            if name in ("matrix_view", "version", "build_info"):
                continue
            if not CHECKPOINTS and "checkpoint" in name:
                continue
            for parameter in inspect.signature(function).parameters:
                if parameter in ("self", "parameters", "exception"):
                    continue
                for value in WRONG:
                    if parameter == "callback" and callable(value):
                        continue
                    with self.subTest(call=name, parameter=parameter, value=repr(value)[:30]):
                        self.good.fresh()
                        self.judge(name, parameter, lambda: self.call(name, function, parameter, value))
                        tried += 1
        self.assertGreater(tried, 3000)


class Estimators(unittest.TestCase):
    def test_every_parameter(self):
        names = [name for name in libfa.Classifier().get_params() if name not in ("verbose", "random_state", "shuffle")]
        for cls, y in ((libfa.Classifier, LABELS), (libfa.Regressor, TARGET)):
            for name in names:
                for value in WRONG:
                    with self.subTest(cls=cls.__name__, parameter=name, value=repr(value)[:30]):
                        estimator = cls(**{"hidden": 3, "epochs": 1, "optimizer": "sgd", "batch": 4, name: value})
                        try:
                            estimator.fit(X, y)
                        except (TypeError, ValueError) as error:
                            for word in (*INSIDE, "NULL", "is ambiguous"):
                                self.assertNotIn(word, str(error).replace("fa_network", ""))
                            if not isinstance(error, libfa.FaError):
                                self.assertRegex(str(error), rf"\b{name}\b")


if __name__ == "__main__":
    tap.main()
