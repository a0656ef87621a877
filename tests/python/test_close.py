"""close() and the end of the interpreter: memory goes when nobody sees it, and not before."""
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import weakref

import numpy as np

import libfa
import tap
from test_lifetime import DESTRUCTORS, TARGET, X, Destroyed, Echo, objects


class Close(unittest.TestCase):
    def test_close_refuses_while_there_are_views(self):
        net, pass_, fb, opt = objects()
        libfa.forward(net, pass_, X)
        libfa.error(net, pass_, TARGET)
        libfa.backward(net, pass_, fb)
        libfa.gradient(net, pass_, fb)
        for one, view in ((net, lambda: net.weights(2)), (net, lambda: net.bias(1)),
                          (net, lambda: net.state_dict(copy=False)), (pass_, lambda: pass_.activity(1)),
                          (pass_, lambda: pass_.delta(2)), (pass_, lambda: pass_.gradient(1)),
                          (pass_, lambda: pass_.bias_gradient(1)), (fb, lambda: fb.get("B", 1))):
            kept = view()
            part = kept[1:] if isinstance(kept, np.ndarray) else kept["layers.0.weight"][:1]
            del kept
            for _ in range(2):
                with self.assertRaisesRegex(libfa.StateError,
                                            f"the {type(one).__name__} cannot be closed: there are views"):
                    one.close()
            copied = part.copy()
            libfa.update(net, pass_, fb, opt) if pass_.gradient_samples else None
            self.assertEqual(part.shape, copied.shape)
            del part
            libfa.forward(net, pass_, X)
            libfa.error(net, pass_, TARGET)
            libfa.backward(net, pass_, fb)
            libfa.gradient(net, pass_, fb)
        with Destroyed(*DESTRUCTORS) as destroyed:
            for one in objects() + [net, pass_, fb, opt]:
                one.close()
                one.close()
            self.assertEqual(destroyed.count, 4)  # the others were made before the counting
        data = libfa.Dataset(X, TARGET)
        part, view = data.rows(1, 2), data.view()[0]
        with self.assertRaisesRegex(libfa.StateError, "the Dataset cannot be closed"):
            data.close()
        del view
        data.close()
        np.testing.assert_array_equal(part.gather()[0], X[1:3])

    def test_close_finds_views_in_cycles(self):
        net = objects()[0]
        cycle = [net.weights(1)]
        cycle.append(cycle)
        del cycle
        net.close()

    def test_after_close(self):
        net = objects()[0]
        net.close()
        with self.assertRaisesRegex(libfa.ArgumentError, "the network is closed"):
            net.weights(1)
        net.close()

    def test_a_call_in_another_thread_ends_first(self):
        net = libfa.Network(1500, "float64")
        net.add_dense(1500, "tanh")
        net.add_dense(1500)
        net.init_weights(0, "glorot_uniform", 1.0, 1)
        x, answers = np.ones((300, 1500)), []
        expected = net.predict(x)
        for closed in (False, True):
            thread = threading.Thread(target=lambda: answers.append(net.predict(x)))
            thread.start()
            if closed:
                time.sleep(0.01)  # predict() takes longer
                net.close()
            thread.join()
        for answer in answers:
            np.testing.assert_array_equal(answer, expected)
        small = libfa.Network(1)
        small.add_dense(1)
        pass_ = libfa.Pass(small, 2)
        given, handle = pass_._pass, weakref.ref(pass_._handle)  # what a call has been given
        pass_.close()
        self.assertIsNotNone(handle())
        del given
        self.assertIsNone(handle())

    def test_context_managers(self):
        with Destroyed(*DESTRUCTORS) as destroyed:
            with objects()[0] as net:
                expected = net.weights(1).copy()
            self.assertEqual(destroyed.count, 4)
            with self.assertRaisesRegex(libfa.StateError, "cannot be closed"):
                with objects()[0] as net:
                    view = net.weights(1)
            self.assertEqual(destroyed.count, 7)
            np.testing.assert_array_equal(view, expected)
            del view
            net.close()
            self.assertEqual(destroyed.count, 8)
            with self.assertRaises(ZeroDivisionError):  # and not StateError in its place
                with objects()[0] as net:
                    view = net.weights(1)
                    raise ZeroDivisionError
            np.testing.assert_array_equal(view, expected)

    def test_views_that_a_rule_has_kept_count(self):
        """Making the arrays anew, or closing, would leave the rule's view with memory of nobody."""
        rule = Echo()
        net, pass_, fb, opt = objects(rule)
        libfa.train_step(net, pass_, fb, opt, X, TARGET)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkpoint")
            if os.environ.get("LIBFA_TEST_CHECKPOINTS", "1") == "1":
                libfa.save_checkpoint(path, net, fb)
            with self.assertRaisesRegex(libfa.StateError, "makes the arrays"):
                libfa.load_checkpoint(path, net, fb)
        for one in (net, pass_, fb):
            with self.assertRaises(libfa.StateError):
                one.close()
        rule.kept = None
        for one in (net, pass_, fb):
            one.close()

    def test_at_the_end_of_the_interpreter(self):
        """Objects, views and running threads are left as they are, and nothing is said."""
        program = ("import atexit, threading, numpy as np, libfa\n"
                   "net = libfa.Network(40); net.add_dense(30); net.init_weights(0, 'uniform', 1.0, 1)\n"
                   "objects = [net, libfa.Pass(net, 8), libfa.Feedback(net, 'fa', 1), libfa.Optimizer(net)]\n"
                   "view = net.weights(1); total = view.sum()\n"
                   "atexit.register(lambda: print(view.sum() == total))\n")
        late = ("class Late:\n"
                "    def __del__(self): print(float(self.view[0, 0]) == self.value)\n"
                "late = Late(); late.view = view; late.value = float(view[0, 0])\n")
        threads = (
                   "other = net.copy()\n"
                   "mine = [other, *(make(other) for make in (lambda n: libfa.Pass(n, 64),\n"
                   "        lambda n: libfa.Feedback(n, 'bp', 1), libfa.Optimizer))]\n"
                   "x, target = np.ones((64, 40), 'f4'), np.ones((64, 30), 'f4')\n"
                   "def train():\n"
                   "    while True: libfa.train_step(*mine, x, target)\n"
                   "threading.Thread(target=train, daemon=True).start()\n")
        for end, lines in ((late, 2), (threads, 1)):
            done = subprocess.run([sys.executable, "-c", program + end], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "True\n" * lines, ""))


if __name__ == "__main__":
    tap.main()
