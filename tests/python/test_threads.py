"""Other threads run while the library works, with callbacks too; Ctrl-C comes out of every training, and never inside
C."""
import os
import signal
import sys
import threading
import time
import unittest

import numpy as np

import libfa
import tap

N, WIDTH = 512, 256
X = np.random.default_rng(1).normal(size=(N, WIDTH)).astype("float32")
TARGET = np.tanh(X)


class PythonFA(libfa.Rule):
    name = "python_fa"

    def setup(self, setup):
        setup.feedback(libfa.LAYERWISE)

    def backward(self, step):
        step.transport(1)

    def adapt(self, step):
        step.array("B", 1)


def objects(rule="fa", batch=64):
    net = libfa.Network(WIDTH)
    net.add_dense(WIDTH, "tanh")
    net.add_dense(WIDTH)
    net.init_weights(0, "glorot_uniform", 1.0, seed=1)
    return net, libfa.Pass(net, batch), libfa.Feedback(net, rule, 2), libfa.Optimizer(net, learning_rate=1e-3)


class Lock(unittest.TestCase):
    """Of the interpreter: released while C computes."""

    def ticks_during(self, function):
        """How often another thread came to run meanwhile."""
        ticks, done, begun = [], threading.Event(), threading.Event()

        def tick():
            while not done.is_set():
                ticks.append(time.perf_counter())
                begun.set()
                time.sleep(0.001)
        other = threading.Thread(target=tick)
        other.start()
        begun.wait()
        start = time.perf_counter()
        function()
        end = time.perf_counter()
        done.set()
        other.join()
        return sum(start < moment < end for moment in ticks)

    def test_released(self):
        # Where it is held there are at most three: before, behind and between. Each of these calls takes some 50 ms.
        data = libfa.Dataset(np.tile(X, (40, 1)), np.tile(TARGET, (40, 1)))
        for rule in ("fa", PythonFA()):
            for callback in (None, lambda seen: None):
                alive = objects(rule)
                self.assertGreater(self.ticks_during(lambda: libfa.train_epoch(*alive, data, callback=callback)), 5)
        net = objects()[0]
        self.assertGreater(self.ticks_during(lambda: libfa.evaluate(net, data)), 5)
        alive = objects(batch=len(data))
        x, target = data.view()
        self.assertGreater(self.ticks_during(lambda: libfa.train_step(*alive, x, target)), 5)

    def test_threads_train_at_once(self):
        """Each with objects of its own, over one data set; the bits are those of one after the other."""
        data = libfa.Dataset(X, TARGET)
        nets = [objects(rule) for rule in ("fa", PythonFA(), "bp", "fa")]
        expected = [objects(rule) for rule in ("fa", PythonFA(), "bp", "fa")]
        failed = []

        def train(alive):
            try:
                libfa.train_epoch(*alive, data, callback=lambda seen: None)
            except BaseException as error:
                failed.append(error)
        threads = [threading.Thread(target=train, args=(alive,)) for alive in nets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        for mine, other in zip(nets, expected):
            libfa.train_epoch(*other, data)
            np.testing.assert_array_equal(mine[0].weights(1), other[0].weights(1))

    def test_sentences_are_of_the_thread(self):
        sentences = {}

        def fail(columns):
            net = libfa.Network(columns)
            net.add_dense(1)
            for _ in range(200):
                try:
                    net.predict(np.zeros((1, columns + 1), "float32"))
                except libfa.ShapeError as error:
                    sentences.setdefault(columns, set()).add(str(error))
        threads = [threading.Thread(target=fail, args=(columns,)) for columns in (3, 30, 300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for columns in (3, 30, 300):
            self.assertEqual(len(sentences[columns]), 1)
            self.assertIn(f"{columns + 1} columns", sentences[columns].pop())


class Interrupts(unittest.TestCase):
    def setUp(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        self.lost = []
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = self.lost.append

    def interrupted(self, function, delay):
        """Call again and again until Ctrl-C, which comes from another thread after a while; one that is lost is waited
        for 10 s. A call has to end by itself, or a lost one would be waited for until the test is killed."""
        timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
        end = time.monotonic() + 10
        with self.assertRaises(KeyboardInterrupt):
            timer.start()
            while time.monotonic() < end:
                function()
        timer.join()
        self.assertEqual(self.lost, [])
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)

    def test_a_run_without_callbacks_ends_with_the_epoch(self):
        alive, data = objects(), libfa.Dataset(X, TARGET)
        trainer = libfa.Trainer(alive[0], 1, epochs=2000)  # 10 s, and it may come to 100 of them
        for _ in range(3):
            self.interrupted(lambda: trainer.run(*alive, data), 0.1)
            self.assertLess(trainer.epochs, 1000)
        epochs = trainer.epochs
        trainer["epochs"] = epochs + 1
        self.assertEqual(trainer.run(*alive, data), libfa.STOP_EPOCHS)

    def test_anywhere(self):
        """Whatever Python runs at that moment: callback, rule, or the way between."""
        data = libfa.Dataset(X, TARGET)
        for rule in ("fa", PythonFA()):
            for callback in (None, lambda seen: None):
                alive = objects(rule, 8)
                for i in range(30):
                    self.interrupted(lambda: libfa.train_epoch(*alive, data, callback=callback), 0.005 + 0.0007 * i)
        alive = objects(PythonFA(), 8)

        for i in range(30):
            self.interrupted(lambda: libfa.train_step(*alive, X[:8], TARGET[:8]), 0.005 + 0.0007 * i)

    def test_in_a_callback_at_once(self):
        alive = objects()
        begun = time.perf_counter()
        data = libfa.Dataset(X, TARGET)

        def sleep_and_stop(seen):
            time.sleep(20)
            return False
        self.interrupted(lambda: libfa.train_epoch(*alive, data, callback=sleep_and_stop), 0.1)
        self.assertLess(time.perf_counter() - begun, 10)

    def test_ignored_and_other_threads(self):
        alive, data = objects(), libfa.Dataset(X, TARGET)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        libfa.train_epoch(*alive, data, callback=lambda seen: os.kill(os.getpid(), signal.SIGINT))
        self.assertEqual(signal.getsignal(signal.SIGINT), signal.SIG_IGN)
        seen = []
        signal.signal(signal.SIGINT, lambda *_: seen.append(1))  # one that raises nothing
        libfa.train_epoch(*alive, data, callback=lambda seen: os.kill(os.getpid(), signal.SIGINT))
        self.assertEqual(len(seen), N // 64)
        thread = threading.Thread(target=libfa.train_epoch, args=(*alive, data))
        thread.start()
        thread.join()


if __name__ == "__main__":
    tap.main()
