"""Arrays cross without a copy in both directions; what cannot is refused with a sentence."""
import sys
import unittest

import numpy as np

import libfa
import tap


def network(dtype="float64"):
    net = libfa.Network(4, dtype)
    net.add_dense(3, "tanh")
    net.add_dense(2, "identity")
    net.init_weights(0, "uniform", 1.0, seed=1)
    net.init_bias(0, "uniform", 1.0, seed=2)
    return net


class IntoTheLibrary(unittest.TestCase):
    def expect(self, array):
        """A view of the same memory, whose strides find every element."""
        view = libfa.matrix_view(array)
        rows = np.atleast_2d(array)
        self.assertEqual(view.data, array.__array_interface__["data"][0])
        self.assertEqual((view.rows, view.cols), rows.shape)
        seen = np.ndarray(rows.shape, array.dtype, np.zeros(0), strides=(0, 0)) if rows.size == 0 else \
            np.lib.stride_tricks.as_strided(rows, strides=(view.row_stride * array.itemsize,
                                                           view.col_stride * array.itemsize))
        np.testing.assert_array_equal(seen, rows)
        self.assertIs(view.owner, array)
        # The library agrees that this is a sound view: it copies it.
        copy = np.empty(rows.shape, array.dtype)
        libfa.lib.fa_matrix_copy(view, libfa.matrix_view(copy))
        np.testing.assert_array_equal(copy, rows)

    def test_layouts(self):
        for dtype in (np.float32, np.float64):
            base = np.arange(60.0).reshape(10, 6).astype(dtype)
            fortran = np.asfortranarray(base)
            cases = {"C": base, "Fortran": fortran, "transpose": base.T, "rows": base[2:7], "columns": base[:, 1:4],
                     "rows of Fortran": fortran[2:7], "every other row": base[::2], "one row": base[3:4],
                     "one column": base[:, 2:3], "one column of Fortran": fortran[:, 2:3],
                     "one element": base[3:4, 2:3], "one dimension": base[3], "one dimension with a stride": base[:, 2],
                     "one row of Fortran": fortran[3:4], "one column, every other row": base[::2, 2:3]}
            for name, array in cases.items():
                with self.subTest(name, dtype=dtype.__name__):
                    self.expect(array)

    def test_layouts_that_have_no_view(self):
        base = np.arange(60.0).reshape(10, 6)
        fields = np.zeros(4, [("a", "f4"), ("b", "f8")])["b"]
        unaligned = np.frombuffer(bytearray(33), np.uint8)[1:].view(np.float64)
        cases = {"backward": base[::-1], "every other column": base[:, ::2],
                 "broadcast": np.broadcast_to(base[0], (5, 6)), "odd stride": fields,
                 "unaligned": unaligned, "backward row": base[0, ::-1]}
        for name, array in cases.items():
            with self.subTest(name), self.assertRaisesRegex(ValueError, "np.ascontiguousarray"):
                libfa.matrix_view(array)
            np.testing.assert_array_equal(np.ascontiguousarray(array), array)

    def test_wrong_types(self):
        for array in (np.zeros((2, 2), int), np.zeros((2, 2), ">f8"), np.zeros((2, 2), np.float16),
                      np.zeros((2, 2), complex), [[1.0]], 1.0, None, np.ma.zeros((2, 2))):
            with self.subTest(repr(array)), self.assertRaises(TypeError):
                libfa.matrix_view(array)
        for shape in ((), (2, 2, 2)):
            with self.subTest(shape), self.assertRaisesRegex(ValueError, "dimensions"):
                libfa.matrix_view(np.zeros(shape))
        for dtype in ("float16", int, "x"):
            with self.subTest(dtype), self.assertRaises(TypeError):
                libfa.Network(3, dtype)

    def test_empty_arrays(self):
        net = network()
        for shape in ((0, 4), (4, 0), (0,)):
            with self.subTest(shape), self.assertRaises(libfa.ShapeError):
                net.predict(np.zeros(shape), out=np.zeros((1, 2)))

    def test_results_go_into_the_array(self):
        net, x = network(), np.linspace(-1, 1, 20).reshape(5, 4)
        for out in (np.empty((5, 2)), np.empty((5, 2), order="F"), np.empty((9, 2))[3:8]):
            self.assertIs(net.predict(x, out=out), out)
            np.testing.assert_array_equal(out, net.predict(x))
        read_only = np.empty((5, 2))
        read_only.flags.writeable = False
        with self.assertRaisesRegex(ValueError, "read only"):
            net.predict(x, out=read_only)

    def test_read_only_input_is_fine(self):
        net, x = network(), np.zeros((5, 4))
        x.flags.writeable = False
        self.assertEqual(net.predict(x).shape, (5, 2))


class OutOfTheLibrary(unittest.TestCase):
    def test_weights_are_views(self):
        for dtype in ("float32", "float64"):
            with self.subTest(dtype):
                net = network(dtype)
                first, again = net.weights(1), net.weights(1)
                self.assertEqual((first.shape, first.dtype), ((3, 4), np.dtype(dtype)))
                self.assertTrue(np.shares_memory(first, again))
                new = np.arange(12.0).reshape(3, 4).astype(dtype)
                net.set_weights(1, new)
                np.testing.assert_array_equal(first, new)
                net.set_weights(1, np.asfortranarray(2 * new))
                np.testing.assert_array_equal(first, 2 * new)
                net.set_bias(1, np.array([1, 2, 3], dtype))
                np.testing.assert_array_equal(net.bias(1), [1, 2, 3])

    def test_views_are_read_only(self):
        net = network()
        pass_, fb = libfa.Pass(net, 5), libfa.Feedback(net, "fa", 1)
        libfa.forward(net, pass_, np.zeros((5, 4)))
        libfa.error(net, pass_, np.zeros((5, 2)))
        libfa.backward(net, pass_, fb)
        libfa.gradient(net, pass_, fb)
        views = [net.weights(1), net.bias(2), pass_.activity(1), pass_.delta(1), pass_.delta(2), pass_.gradient(1),
                 pass_.bias_gradient(1), fb.get("B", 1)]
        for view in views:
            self.assertFalse(view.flags.owndata)
            with self.assertRaises(ValueError):
                view[...] = 0
            with self.assertRaises(ValueError):
                view.flags.writeable = True

    def test_shapes(self):
        net = network()
        pass_, fb = libfa.Pass(net, 7), libfa.Feedback(net, "fa", 1)
        libfa.forward(net, pass_, np.zeros((5, 4)))
        libfa.error(net, pass_, np.zeros((5, 2)))
        libfa.backward(net, pass_, fb)
        libfa.gradient(net, pass_, fb)
        self.assertEqual([pass_.activity(l).shape for l in (1, 2)], [(5, 3), (5, 2)])
        self.assertEqual([pass_.delta(l).shape for l in (1, 2)], [(5, 3), (5, 2)])
        self.assertEqual([pass_.gradient(l).shape for l in (1, 2)], [(3, 4), (2, 3)])
        self.assertEqual([pass_.bias_gradient(l).shape for l in (1, 2)], [(3,), (2,)])
        self.assertEqual((pass_.batch, pass_.max_batch, pass_.gradient_samples), (5, 7, 5))
        self.assertEqual(fb.get("B", 1).shape, (3, 2))
        libfa.gradient_reset(pass_)
        self.assertEqual(pass_.gradient_samples, 0)
        with self.assertRaises(libfa.StateError):
            pass_.gradient(1)


class Errors(unittest.TestCase):
    """Every failure is an exception of a natural type that carries the status and a sentence."""

    def setUp(self):
        self.net = network()
        self.pass_ = libfa.Pass(self.net, 5)
        self.fb = libfa.Feedback(self.net, "fa", 1)
        self.opt = libfa.Optimizer(self.net, "sgd", learning_rate=0.1)

    def step(self, x, target):
        return libfa.train_step(self.net, self.pass_, self.fb, self.opt, x, target)

    def check(self, kinds, status, words, call, *arguments):
        with self.assertRaisesRegex(libfa.FaError, words) as caught:
            call(*arguments)
        for kind in kinds:
            self.assertIsInstance(caught.exception, kind)
        self.assertEqual(caught.exception.status, status)
        self.assertEqual(str(caught.exception), caught.exception.sentence)

    def test_shape(self):
        self.check((libfa.ShapeError, ValueError), -2, "3.*4", self.step, np.zeros((5, 3)), np.zeros((5, 2)))
        self.check((libfa.ShapeError, ValueError), -2, "target", self.step, np.zeros((5, 4)), np.zeros((4, 2)))
        self.check((libfa.ShapeError, ValueError), -2, "6.*5", self.step, np.zeros((6, 4)), np.zeros((6, 2)))

    def test_dtype(self):
        self.check((libfa.DtypeError, TypeError), -3, "float32", self.step, np.zeros((5, 4), "f4"), np.zeros((5, 2)))

    def test_not_finite(self):
        before = self.net.weights(1).copy()
        bad = np.zeros((5, 4))
        bad[2, 1] = np.nan
        self.check((libfa.NotFiniteError, ArithmeticError), -5, "NaN", self.step, bad, np.zeros((5, 2)))
        np.testing.assert_array_equal(self.net.weights(1), before)
        bad = self.net.weights(1).copy()
        bad[0, 0] = np.inf
        self.check((libfa.NotFiniteError,), -5, "weights", self.net.set_weights, 1, bad)

    def test_argument(self):
        self.check((libfa.ArgumentError, ValueError), -1, "softplus", self.net.add_dense, 3, "softplus")
        self.check((libfa.ArgumentError,), -1, "rule", libfa.Feedback, self.net, "no_such_rule", 1)
        self.check((libfa.ArgumentError,), -1, "optimizer", libfa.Optimizer, self.net, "no_such_optimizer")
        self.check((libfa.ArgumentError,), -1, "", self.opt.set, "learning_rate", -1.0)
        self.check((libfa.ArgumentError,), -1, "", self.fb.get, "C", 1)

    def test_state_and_support(self):
        self.check((libfa.StateError, RuntimeError), -6, "", libfa.error, self.net, self.pass_, np.zeros((5, 2)))
        self.check((libfa.UnsupportedError, NotImplementedError), -7, "", setattr, self.net, "loss", "cross_entropy")

    def test_files(self):
        matrix = libfa.fa_matrix()
        self.check((libfa.FileError, OSError), -8, "nowhere", libfa.lib.fa_npy_read, b"/nowhere/x.npy", matrix)
        with self.assertRaises(OSError) as caught:
            libfa.read_idx("/nowhere/x")
        self.assertIsNone(caught.exception.errno)

    def test_numbers_that_would_wrap(self):
        for call in (lambda: libfa.Network(-1), lambda: libfa.Network(2**64 + 3), lambda: self.net.weights(-1),
                     lambda: self.net.init_weights(0, "zero", 1.0, -1), lambda: libfa.Pass(self.net, -5)):
            with self.assertRaisesRegex(ValueError, "must be 0"):
                call()

    def test_closed_objects(self):
        with self.net as net:
            pass
        self.check((libfa.ArgumentError,), -1, "the network is closed", net.add_dense, 3)
        self.check((libfa.ArgumentError,), -1, "the network is closed", getattr, net, "depth")

    def test_failed_step_needs_a_new_forward(self):
        x, target = np.zeros((5, 4)), np.zeros((5, 2))
        libfa.forward(self.net, self.pass_, x)
        with self.assertRaises(libfa.ShapeError):
            self.step(x, target[:3])
        with self.assertRaisesRegex(libfa.StateError, "forward"):
            libfa.error(self.net, self.pass_, target)
        libfa.forward(self.net, self.pass_, x)
        libfa.error(self.net, self.pass_, target)


class Small(unittest.TestCase):
    """The rest of the surface."""

    def test_network(self):
        net = network("float32")
        self.assertEqual((net.depth, net.dtype, [net.width(l) for l in range(3)]), (2, "float32", [4, 3, 2]))
        self.assertEqual((net.activation(1), net.has_bias(1), net.parameter_count), ("tanh", True, 23))
        self.assertGreaterEqual(net.bytes, 4 * 23)
        self.assertEqual(net.loss, "squared_error")
        other = libfa.Network(4)
        other.add_dense(2, "logistic", bias=False)
        other.loss = "binary_cross_entropy"
        self.assertEqual((other.loss, other.has_bias(1)), ("binary_cross_entropy", False))
        copy = net.copy()
        copy.set_weights(1, np.zeros((3, 4), "f4"))
        self.assertTrue(net.weights(1).any())
        net.set_frozen(1)
        self.assertEqual((net.is_frozen(1), net.is_frozen(2)), (True, False))

    def test_predict_and_activity(self):
        net, x = network(), np.linspace(-1, 1, 12).reshape(3, 4)
        pass_ = libfa.Pass(net, 3)
        libfa.forward(net, pass_, x)
        for l in (1, 2):
            h = net.activity(x, l)
            # Six products and sums of numbers below 1, and a function of slope 1 at most.
            np.testing.assert_allclose(h, pass_.activity(l), rtol=0, atol=64 * 2.0**-53)
        self.assertEqual(net.predict(x).shape, (3, 2))

    def test_rules_and_parameters(self):
        self.assertLessEqual({"bp", "fa", "shallow"}, set(libfa.rules()))
        self.assertIn("sgd", libfa.optimizers())
        net = network()
        opt = libfa.Optimizer(net, "sgd", learning_rate=0.25, momentum=0.5)
        self.assertEqual((opt.get("learning_rate"), opt.get("momentum"), opt.steps), (0.25, 0.5, 0))
        fb = libfa.Feedback(net, "fa", 1)
        self.assertEqual(fb.rule_name, "fa")
        self.assertGreater(fb.bytes, 0)
        B = np.arange(6.0).reshape(3, 2)
        fb.set("B", 1, B)
        np.testing.assert_array_equal(fb.get("B", 1), B)
        fb.init("B", 0, "zero", 1.0, 1)
        self.assertFalse(fb.get("B", 1).any())
        self.assertGreater(libfa.pass_bytes(net, 10), 0)

    def test_diagnostics(self):
        net = network()
        pass_, fb = libfa.Pass(net, 5), libfa.Feedback(net, "fa", 1)
        x, target = np.linspace(-1, 1, 20).reshape(5, 4), np.zeros((5, 2))
        fb.set("B", 1, np.ascontiguousarray(net.weights(2).T))
        libfa.forward(net, pass_, x)
        libfa.error(net, pass_, target)
        libfa.backward(net, pass_, fb)
        report = libfa.compare_deltas(net, pass_)[0]
        # An angle near 0 comes from a cosine that is 1 to within n rounding errors: about sqrt(2 n u) radians.
        self.assertLess(report.angle, np.degrees(np.sqrt(2 * 40 * 2.0**-53)))
        self.assertAlmostEqual(report.ratio, 1, delta=40 * 2.0**-53)
        self.assertEqual(report.angle_samples, 5)
        self.assertLess(libfa.weight_angle(net, fb, 1), np.degrees(np.sqrt(2 * 40 * 2.0**-53)))
        self.assertLess(libfa.gradient_check(net, x, target), 1e-7)
        self.assertAlmostEqual(libfa.angle(np.array([1.0, 0.0]), np.array([0.0, 2.0])), 90, delta=1e-13)
        self.assertTrue(np.isnan(libfa.angle(np.zeros(3), np.ones(3))))


class Places(unittest.TestCase):
    """The short way of train_step()."""

    @staticmethod
    def meaning(matrix):
        """A stride along an extent of 1 or 0 says nothing."""
        return (matrix.data, matrix.rows, matrix.cols, matrix.dtype, matrix.rows > 1 and matrix.row_stride,
                matrix.cols > 1 and matrix.col_stride)

    def test_same_as_matrix_view(self):
        place = libfa._Place()
        big = np.arange(60.0).reshape(6, 10)
        read_only = big.copy()
        read_only.flags.writeable = False
        for dtype in ("float64", "float32"):
            for array in (big, big[2:4], big[:1], big[:, :5], big.T, big[::2], np.asfortranarray(big), big[0], big[:0],
                          np.zeros((3, 0)), np.zeros((1, 1)), read_only, big[:, 3:4]):
                array = array.astype(dtype) if dtype == "float32" else array
                expected, found = libfa.matrix_view(array), place.take(array)
                self.assertEqual(self.meaning(found), self.meaning(expected))
        self.assertIs(place.take(expected), expected)
        for bad in (big.astype("int64"), big.astype(">f8"), np.zeros((2, 2, 2)), np.zeros((4, 4))[::2, ::2], [[1.0]],
                    np.ma.masked_array(big), None, np.frombuffer(bytes(1 + 6 * 8), offset=1).reshape(2, 3)):
            with self.assertRaises((TypeError, ValueError)):
                place.take(bad)

    def test_nothing_is_remembered(self):
        """The same array with other memory, shape and type."""
        place, array = libfa._Place(), np.zeros((4, 3))
        place.take(array)
        array.resize((4000, 30), refcheck=False)
        self.assertEqual(place.take(array).data, array.__array_interface__["data"][0])
        self.assertEqual((place.matrix.rows, place.matrix.cols), (4000, 30))
        array.shape = (30, 4000)
        self.assertEqual((place.take(array).rows, place.matrix.row_stride), (30, 4000))
        array.dtype = "float32"
        self.assertEqual((place.take(array).cols, place.matrix.dtype), (8000, libfa.FLOAT32))

    def test_nothing_is_kept(self):
        place, array = libfa._Place(), np.zeros((4, 3))
        count = sys.getrefcount(array)
        place.take(array)
        self.assertEqual(sys.getrefcount(array), count)

    def test_a_step_inside_a_step(self):
        """Refused, and the step outside sees its own arrays."""
        class Inside(libfa.Rule):
            def setup(self, setup):
                setup.feedback(libfa.LAYERWISE)

            def backward(self, step):
                with test.assertRaisesRegex(libfa.StateError, "a step with this pass is running"):
                    libfa.train_step(*alive, np.full((2, 3), 9.0), np.full((2, 2), 9.0))
                step.transport(1)
        test, losses = self, []
        for rule in (Inside(), "fa"):
            net = libfa.Network(3, "float64")
            net.add_dense(2, "tanh")
            net.add_dense(2)
            net.init_weights(0, "uniform", 1.0, seed=1)
            alive = net, libfa.Pass(net, 4), libfa.Feedback(net, rule, 2), libfa.Optimizer(net, learning_rate=0.1)
            losses.append([libfa.train_step(*alive, np.ones((4, 3)), np.zeros((4, 2))) for _ in range(3)])
        self.assertEqual(*losses)


if __name__ == "__main__":
    tap.main()
