"""What holds for every network, batch and memory layout: cases drawn by Hypothesis.

In the suite the cases are the same every time. LIBFA_TEST_EXAMPLES=10000 draws so many new ones for each property, and
says at the end how many ran:

    LIBFA_TEST_EXAMPLES=10000 PYTHONPATH=python LIBFA_LIBRARY=build/lib/libfa.so.0 /usr/bin/python3 \\
        tests/python/test_properties.py
"""
import atexit
import collections
import os
import tempfile
import unittest

import numpy as np

import libfa
import network_model
import tap

try:
    import hypothesis
    from hypothesis import strategies as st
    from hypothesis.configuration import set_hypothesis_home_dir
except ImportError:
    print("1..0 # SKIP no Hypothesis (Debian: python3-hypothesis)")
    raise SystemExit(0)

from drawn import FLAGS, MODELLED, OPTIMIZERS, Objects, Plan, expected, laid_out, plans

BY_HAND = int(os.environ.get("LIBFA_TEST_EXAMPLES", "0"))
SCRATCH = tempfile.TemporaryDirectory()  # Hypothesis keeps a directory of its own wherever it runs
set_hypothesis_home_dir(SCRATCH.name)
hypothesis.settings.register_profile(
    "libfa", database=None, deadline=None, max_examples=BY_HAND or 60, derandomize=not BY_HAND,
    print_blob=bool(BY_HAND), suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("libfa")
ran = collections.Counter()


def stepping(objects, x, target):
    """(model, loss) of a step that `objects` is about to make."""
    model = objects.model()
    model.forward(model.exact(x))
    loss = model.backward(model.exact(target))
    model.update(len(x))
    return model, loss


class Properties(unittest.TestCase):
    def within(self, model, computed):
        for name, bound in expected(model, computed).items():
            self.assertLessEqual(bound.excess(computed[name]), 1, name)  # which NaN anywhere is not

    def near(self, model, one, other):
        """Two computations of the same numbers, each within the bound of the model's."""
        for name, bound in expected(model, one).items():
            difference = abs(one[name].astype(np.longdouble) - other[name])
            self.assertTrue(np.all(difference <= 2 * bound.error), name)

    def same(self, one, other):
        self.assertEqual(one.keys(), other.keys())
        for name in one:
            np.testing.assert_array_equal(one[name], other[name], name)

    @hypothesis.given(plans())
    def test_a_step_is_that_of_the_model(self, plan):
        ran["a step is that of the model"] += 1
        objects = Objects(plan)
        model = objects.model()
        for place in (100, 200):
            x, target = objects.batch(plan.n, place)
            model.forward(model.exact(x))
            loss = model.backward(model.exact(target))
            computed = objects.backward(laid_out(x, plan.layouts[0]), laid_out(target, plan.layouts[1]))
            self.assertLessEqual(loss.excess(computed), 1, "loss")
            self.within(model, {**objects.batch_arrays(), **objects.gradients()})
            objects.update()
            model.update(plan.n)
            self.within(model, objects.state())
            # Go on from the numbers of the library, so that the next step is tested as sharply as the first.
            again = objects.model()
            model.W, model.b, model.arrays = again.W, again.b, again.arrays

    @hypothesis.given(plans(least=2), st.randoms(use_true_random=False))
    def test_the_order_of_samples_means_nothing(self, plan, random):
        ran["the order of samples"] += 1
        one, other = Objects(plan), Objects(plan)
        x, target = one.batch(plan.n)
        order = list(range(plan.n))
        random.shuffle(order)
        model, loss = stepping(one, x, target)
        losses = one.backward(x, target), other.backward(x[order], target[order])
        self.assertLessEqual(abs(losses[0] - losses[1]), 2 * loss.error)
        permuted = {name: array[order] for name, array in one.batch_arrays().items()}
        for name, bound in expected(model, permuted).items():
            difference = abs(permuted[name].astype(np.longdouble) - other.batch_arrays()[name])
            self.assertTrue(np.all(difference <= 2 * bound.error[order]), name)
        self.near(model, one.gradients(), other.gradients())
        one.update()
        other.update()
        self.near(model, one.state(), other.state())

    @hypothesis.given(plans(least=2), st.lists(st.integers(1, 11), max_size=4))
    def test_parts_of_a_batch_are_the_batch(self, plan, cuts):
        ran["parts of a batch"] += 1
        whole, parts = Objects(plan), Objects(plan)
        x, target = whole.batch(plan.n)
        model, _ = stepping(whole, x, target)
        whole.backward(x, target)
        cuts = sorted({0, plan.n, *(cut for cut in cuts if cut < plan.n)})
        for first, last in zip(cuts, cuts[1:]):
            parts.backward(laid_out(x[first:last], plan.layouts[0]), laid_out(target[first:last], plan.layouts[1]))
        self.assertEqual(parts.pass_.gradient_samples, plan.n)
        self.within(model, parts.gradients())
        self.near(model, whole.gradients(), parts.gradients())
        whole.update()
        parts.update()
        if plan.rule == "dkp" and len(cuts) > 2:  # its B sees the last part alone
            keep = lambda objects: {name: array for name, array in objects.state().items() if name[0] != "B"}
            self.near(model, keep(whole), keep(parts))
        else:
            self.near(model, whole.state(), parts.state())

    @hypothesis.given(plans(sorted(FLAGS)))
    def test_a_view_is_its_copy(self, plan):
        """Products of this size run through the library's own kernel, which reads an operand element by element or
        packs it: the same operations, whatever the strides."""
        ran["a view is its copy"] += 1
        one, other = Objects(plan), Objects(plan._replace(layouts=("C",) * 3))
        self.same(one.state(), other.state())
        for place in (100, 200):
            x, target = one.batch(plan.n, place)
            views = laid_out(x, plan.layouts[0]), laid_out(target, plan.layouts[1])
            self.assertEqual(one.step(*views), other.step(x, target))
            self.same(one.batch_arrays(), other.batch_arrays())
            self.same(one.state(), other.state())
            y = laid_out(np.zeros_like(target), plan.layouts[2])
            np.testing.assert_array_equal(one.net.predict(views[0], y), other.net.predict(x))
            self.assertEqual(one.net.evaluate(*views), other.net.evaluate(x, target))
            np.testing.assert_array_equal(views[0], x)
            if y.base is not None:
                self.assertEqual(np.count_nonzero(np.isnan(y.base)), y.base.size - y.size)

    @hypothesis.given(plans(("bp", "fa", "dfa", "ifa", "usf"), st.integers(60, 150), st.integers(60, 120)))
    @hypothesis.settings(max_examples=max(BY_HAND // 50, 6))
    def test_a_large_view_is_its_copy_within_the_bound(self, plan):
        """A BLAS has other code for transposed operands."""
        ran["a large view is its copy"] += 1
        one, other = Objects(plan), Objects(plan)
        x, target = one.batch(plan.n)
        model, _ = stepping(one, x, target)
        one.backward(laid_out(x, plan.layouts[0]), laid_out(target, plan.layouts[1]))
        other.backward(x, target)
        for method in Objects.batch_arrays, Objects.gradients:
            self.within(model, method(one))
            self.near(model, method(one), method(other))
        one.update()
        other.update()
        self.near(model, one.state(), other.state())

    @hypothesis.given(plans(sorted(FLAGS), least=2), st.integers(2, 12), st.booleans())
    def test_an_epoch_is_its_steps(self, plan, batch, drop_last):
        ran["an epoch is its steps"] += 1
        samples = 3 * batch + (plan.n % batch if plan.n % batch != 1 else 0)  # a batch of one may round differently
        epoch, steps = Objects(plan, batch), Objects(plan, batch)
        x, target = epoch.batch(samples)
        data = libfa.Dataset(laid_out(x, plan.layouts[0]), laid_out(target, plan.layouts[1]))
        order = libfa.random_permutation(libfa.stream(plan.seed, libfa.PURPOSE_ORDER, step=5), samples)
        used = samples - samples % batch if drop_last else samples
        done = 0
        try:
            for rows in (order[first:min(first + batch, used)] for first in range(0, used, batch)):
                steps.step(x[rows], target[rows])
                done += len(rows)
        except libfa.NotFiniteError:
            pass  # a few of these networks diverge: the epoch has to end with the same step
        try:
            result = libfa.train_epoch(epoch.net, epoch.pass_, epoch.fb, epoch.opt, data, shuffle=True,
                                       drop_last=drop_last, seed=plan.seed, epoch=5)
            self.assertEqual((result.samples, done), (used, used))
        except libfa.NotFiniteError as failed:
            self.assertEqual(failed.result.samples, done)
        self.same(epoch.state(), steps.state())

    @hypothesis.given(plans(sorted(name for name, flags in FLAGS.items() if flags & libfa.RULE_LOCAL)))
    def test_streaming_gives_the_same_bits(self, plan):
        ran["streaming"] += 1
        stream, plain = Objects(plan, streaming=True), Objects(plan)
        for place in (100, 200):
            x, target = plain.batch(plan.n, place)
            self.assertEqual(stream.step(laid_out(x, plan.layouts[0]), target), plain.step(x, target))
            self.same(stream.state(), plain.state())


class TheBound(unittest.TestCase):
    """A bound that admits anything would prove nothing."""

    def plan(self, rule, kind, dtype):
        options = {name: values[0] for name, values in OPTIMIZERS[kind].items()}
        return Plan(dtype, [5, 8, 7, 4], [None, "tanh", "erf", "softmax"], "cross_entropy", [None] + [True] * 3, rule,
                    (kind, {**options, "learning_rate": 0.125}), 9, 1, "any", 3, ("C",) * 3)

    def excess(self, plan, change):
        """How far the weights are off a model of which something was changed."""
        objects = Objects(plan)
        model = objects.model()
        change(model)
        x, target = objects.batch(plan.n)
        model.forward(model.exact(x))
        model.backward(model.exact(target))
        objects.step(x, target)
        model.update(plan.n)
        return max(model.W[l].excess(objects.net.weights(l)) for l in objects.layers)

    def test_an_error_of_one_per_mille_is_found(self):
        for kind in OPTIMIZERS:
            for rule in MODELLED:
                for dtype in "float32", "float64":
                    with self.subTest(kind=kind, rule=rule, dtype=dtype):
                        plan = self.plan(rule, kind, dtype)
                        faster = {**plan.optimizer[1], "learning_rate": 0.125 * 1.001}
                        self.assertLessEqual(self.excess(plan, lambda model: None), 1)
                        self.assertGreater(self.excess(plan, lambda model: setattr(model, "p", faster)), 1)

    def test_another_rule_is_found(self):
        for rule in MODELLED:
            plan = self.plan(rule, "sgd", "float32")
            for other in set(MODELLED) - {rule}:
                def change(model):
                    model.rule, model.arrays = other, Objects(plan._replace(rule=other)).model().arrays
                if network_model.SIGNALS[rule] is network_model.SIGNALS[other]:
                    continue
                with self.subTest(rule=rule, other=other):
                    self.assertGreater(self.excess(plan, change), 1)


def summary():
    print("# cases: " + ", ".join(f"{count} {name}" for name, count in ran.items()) + f"; {sum(ran.values())} in all")


if __name__ == "__main__":
    atexit.register(summary)
    tap.main()
