"""Streams of random numbers against NumPy's own Philox and against the documented formulas."""
import math
import unittest

import numpy as np

import libfa
import tap

SEEDS = (0, 1, 12345, 2**63, 2**64 - 1)


class Random(unittest.TestCase):
    def test_words_are_numpys(self):
        for seed in SEEDS:
            with self.subTest(seed):
                expected = np.random.Philox(key=seed).random_raw(37)
                np.testing.assert_array_equal(libfa.random_words(libfa.stream(seed), 0, 37), expected)
                np.testing.assert_array_equal(libfa.random_words(libfa.stream(seed), 5, 20), expected[5:25])

    def test_key_and_counter_of_other_streams(self):
        key = 7 | ((9 << 32 | 3) << 64)
        expected = np.random.Philox(key=key, counter=5 << 64).random_raw(16)
        stream = libfa.stream(7, purpose=9, layer=3, step=5)
        np.testing.assert_array_equal(libfa.random_words(stream, 0, 16), expected)

    def test_uniform_from_words(self):
        for dtype, shift, bits in ((np.float64, 11, 53), (np.float32, 40, 24)):
            with self.subTest(dtype.__name__):
                words = np.random.Philox(key=11).random_raw(35)
                unit = ((words >> np.uint64(shift)).astype(np.float64) * 2.0**-bits).astype(dtype).reshape(5, 7)
                for order in "CF":
                    out = np.empty((5, 7), dtype, order=order)
                    np.testing.assert_array_equal(libfa.random_uniform(libfa.stream(11), 0.0, 1.0, out), unit)
                # 2 u - 1 has no rounding: u is a multiple of 2^-53 (2^-24).
                np.testing.assert_array_equal(libfa.random_uniform(libfa.stream(11), -1.0, 1.0, out), 2 * unit - 1)

    def test_normal_is_box_muller(self):
        words = (np.random.Philox(key=3).random_raw(40) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        expected = np.empty(40)
        for k in range(0, 40, 2):
            radius, turn = math.sqrt(-2 * math.log(1 - words[k])), 2 * math.pi * words[k + 1]
            expected[k:k + 2] = radius * math.cos(turn), radius * math.sin(turn)
        drawn = libfa.random_normal(libfa.stream(3), 0.0, 1.0, np.empty((8, 5))).ravel()
        # sqrt(2 ln 2^53) < 8.6, and the angle, below 2 pi, is rounded three times in each of the two computations.
        self.assertLess(np.max(abs(drawn - expected)), 8.6 * 2 * math.pi * 6 * 2.0**-53)

    def test_permutation_is_fisher_yates(self):
        words = [int(word) for word in libfa.random_words(libfa.stream(4, libfa.PURPOSE_ORDER), 0, 50)]
        order = list(range(50))
        drawn = libfa.random_permutation(libfa.stream(4, libfa.PURPOSE_ORDER), 50)
        for i in range(49, 0, -1):
            j = words[i] * (i + 1) >> 64
            order[i], order[j] = order[j], order[i]
        self.assertEqual(drawn.tolist(), order)

    def test_initial_weights(self):
        net = libfa.Network(6, "float64")
        net.add_dense(4)
        net.add_dense(3)
        net.init_weights(0, "glorot_uniform", 2.0, seed=8)
        for l, shape in ((1, (4, 6)), (2, (3, 4))):
            bound = 2.0 * math.sqrt(6.0 / sum(shape))
            drawn = libfa.random_uniform(libfa.stream(8, libfa.PURPOSE_WEIGHTS, l), -bound, bound, np.empty(shape))
            # The bound itself may be rounded otherwise, twice.
            np.testing.assert_allclose(net.weights(l), drawn, rtol=0, atol=4 * 2.0**-53 * bound)

    def test_numbers_out_of_range_are_refused(self):
        for seed in (-1, 2**64):
            with self.assertRaisesRegex(ValueError, "seed"):
                libfa.stream(seed)
        with self.assertRaises(libfa.ArgumentError):
            libfa.random_uniform(libfa.stream(1), 1.0, -1.0, np.empty(3))
        with self.assertRaises(libfa.ShapeError):
            libfa.random_words(libfa.stream(1), 2**64 - 1, 4)


if __name__ == "__main__":
    tap.main()
