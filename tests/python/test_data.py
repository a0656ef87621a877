"""Files and data sets: against arrays that NumPy made, and against its own arithmetic."""
import gzip
import os
import struct
import tempfile
import unittest

import numpy as np

import libfa
import tap

IDX_TYPES = {">u1": 0x08, ">i1": 0x09, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}
# 37 samples of 6 inputs, and labels of 5 classes.
X = np.linspace(-3, 5, 37 * 6).reshape(37, 6) ** 3
TARGET = np.cos(X[:, :4])
LABELS = (np.arange(37) * 7 % 5).astype(np.int32)


def permutation(seed, purpose, count, step=0):
    """Fisher-Yates with the words of NumPy's Philox, as fa/random.h has it."""
    words = [int(word) for word in np.random.Philox(key=seed | purpose << 96, counter=step << 64).random_raw(count)]
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = words[i] * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def idx(self, array, name="array.idx", compress=False):
        """Write an IDX file; its path."""
        kind = np.dtype(array.dtype).newbyteorder(">").str.replace("|", ">")
        content = struct.pack(f">BBBB{array.ndim}I", 0, 0, IDX_TYPES[kind], array.ndim, *array.shape)
        content += array.astype(kind).tobytes()
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(gzip.compress(content) if compress and tap.ZLIB else content)
        return path

    def npy(self, array, name="array.npy"):
        path = os.path.join(self.folder, name)
        np.save(path, array)
        return path


class Readers(Files):
    def test_idx_of_every_type_and_rank(self):
        for kind in IDX_TYPES:
            for shape in ((24,), (6, 4), (2, 3, 4), (4, 3, 2, 1)):
                with self.subTest(kind=kind, shape=shape):
                    array = (np.arange(24) * 5 % 24 - (0 if "u" in kind else 7)).astype(kind).reshape(shape)
                    for dtype in ("float32", np.float64):
                        found = libfa.read_idx(self.idx(array), dtype)
                        self.assertEqual(found.dtype, np.dtype(dtype))
                        np.testing.assert_array_equal(found, array)

    def test_gzip_without_zlib(self):
        """The sentence says what is missing, where it is."""
        path = os.path.join(self.folder, "array.gz")
        with open(path, "wb") as file:
            file.write(gzip.compress(b"\0\0\x08\x01\0\0\0\x01\x05"))
        if tap.ZLIB:
            np.testing.assert_array_equal(libfa.read_idx(path), [5])
        else:
            with self.assertRaisesRegex(libfa.UnsupportedError, "zlib"):
                libfa.read_idx(path)

    def test_gzip(self):
        array = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
        np.testing.assert_array_equal(libfa.read_idx(self.idx(array, compress=True)), array)
        labels = self.idx(array[0, 0], compress=True)
        np.testing.assert_array_equal(libfa.read_idx_labels(labels), array[0, 0])

    def test_images_are_scaled(self):
        array = np.arange(256, dtype=np.uint8).reshape(4, 8, 8)
        for dtype in (np.float32, np.float64):
            images = libfa.read_idx_images(self.idx(array), dtype)
            # One division, or a product with a rounded 1 / 255.
            np.testing.assert_allclose(images, array.reshape(4, 64) / 255, rtol=2 * np.finfo(dtype).eps, atol=0)

    def test_labels(self):
        for kind in (">u1", ">i1", ">i2", ">i4"):
            labels = libfa.read_idx_labels(self.idx(LABELS.astype(kind)))
            self.assertEqual(labels.dtype, np.int32)
            np.testing.assert_array_equal(labels, LABELS)
        for kind in (bool, np.uint8, np.int64):
            labels = (LABELS % 2).astype(kind)
            for shape in ((37,), (37, 1), (1, 37)):
                np.testing.assert_array_equal(libfa.read_npy_labels(self.npy(labels.reshape(shape))), LABELS % 2)

    def test_npy_samples(self):
        draw = np.random.default_rng(1)
        for shape in ((6,), (6, 4), (6, 2, 3), (6, 2, 3, 2)):
            array = draw.normal(size=shape)
            np.testing.assert_array_equal(libfa.read_npy_samples(self.npy(array), "float64"), array.reshape(6, -1))
            np.testing.assert_array_equal(libfa.read_npy_samples(self.npy(np.asfortranarray(array)), "float64"),
                                          array.reshape(6, -1))
        pixels = np.arange(24, dtype=np.uint8).reshape(4, 6)
        np.testing.assert_allclose(libfa.read_npy_samples(self.npy(pixels)), pixels / np.float32(255),
                                   rtol=2 * np.finfo(np.float32).eps, atol=0)

    def test_results_are_the_callers(self):
        images = libfa.read_idx(self.idx(np.ones((3, 2), np.uint8)))
        images += 1
        np.testing.assert_array_equal(images, np.full((3, 2), 2))

    def test_errors_name_the_file(self):
        missing = os.path.join(self.folder, "missing")
        for read in (libfa.read_idx, libfa.read_idx_images, libfa.read_idx_labels, libfa.read_npy_samples,
                     libfa.read_npy_labels):
            with self.assertRaisesRegex(libfa.FileError, "missing"):
                read(missing)
            with self.assertRaisesRegex(ValueError, "null byte"):
                read("a\0b")
        with self.assertRaisesRegex(libfa.UnsupportedError, "array.idx"):
            libfa.read_idx_labels(self.idx(np.ones(3, np.float32)))
        with self.assertRaisesRegex(libfa.FormatError, "array.npy"):
            libfa.read_idx(self.npy(np.ones(3)))
        with self.assertRaisesRegex(TypeError, "float16"):
            libfa.read_idx(missing, "float16")

    def test_data_set(self):
        pixels = np.arange(37 * 6, dtype=np.uint8).reshape(37, 2, 3)
        images = self.idx(pixels, "images", compress=True)
        for n_classes, width in ((0, 5), (7, 7)):
            data = libfa.Dataset.read(images, self.idx(LABELS, "labels"), "float64", n_classes)
            self.assertEqual((len(data), data.n_inputs, data.n_outputs), (37, 6, width))
            self.assertEqual((data.has_labels, data.dtype), (True, "float64"))
            np.testing.assert_allclose(data.view()[0], pixels.reshape(37, 6) / 255, rtol=2.0**-51, atol=0)
            np.testing.assert_array_equal(data.labels(), LABELS)
        data = libfa.Dataset.read(images, self.npy(TARGET))
        self.assertEqual((data.n_outputs, data.has_labels, data.dtype), (4, False, "float32"))
        np.testing.assert_array_equal(data.view()[1], TARGET.astype(np.float32))

    def test_data_set_errors(self):
        images = self.idx(np.ones((37, 6), np.uint8), "images")
        with self.assertRaisesRegex(libfa.FormatError, "labels.*36.*37"):
            libfa.Dataset.read(images, self.idx(LABELS[:36], "labels"))
        with self.assertRaisesRegex(libfa.FormatError, "labels"):
            libfa.Dataset.read(images, self.idx(LABELS, "labels"), n_classes=4)
        with self.assertRaises(libfa.FileError):
            libfa.Dataset.read(images, self.folder)


class OneHot(unittest.TestCase):
    def test_rows_of_the_identity(self):
        for dtype in ("float32", np.float64):
            for n_classes in (0, 5, 9):
                target = libfa.one_hot(LABELS, n_classes, dtype)
                self.assertEqual(target.dtype, np.dtype(dtype))
                np.testing.assert_array_equal(target, np.eye(n_classes or 5)[LABELS])
        for labels in (LABELS.tolist(), LABELS.astype(np.uint64), LABELS[::-1][::-1], LABELS.astype(">i2")):
            np.testing.assert_array_equal(libfa.one_hot(labels), np.eye(5)[LABELS])

    def test_errors(self):
        with self.assertRaisesRegex(libfa.ArgumentError, "label 4"):
            libfa.one_hot(LABELS, 4)
        with self.assertRaisesRegex(libfa.ArgumentError, "label -1"):
            libfa.one_hot([0, -1])
        with self.assertRaisesRegex(ValueError, "int32"):
            libfa.one_hot([2**31])
        for labels in ([0.0, 1.0], [[0, 1]], 3):
            with self.assertRaises(TypeError):
                libfa.one_hot(labels)


class Sets(unittest.TestCase):
    def same(self, data, rows, x=X, target=TARGET):
        """The data set holds these rows of x and target."""
        self.assertEqual(len(data), len(x[rows]))
        found_x, found_target = data.gather()
        np.testing.assert_array_equal(found_x, x[rows])
        np.testing.assert_array_equal(found_target, target[rows])

    def test_arrays_of_any_layout_are_borrowed(self):
        for dtype in (np.float32, np.float64):
            for order in "CF":
                base, target = np.array(X, dtype, order=order), np.array(TARGET, dtype, order=order)
                for rows in (slice(None), slice(3, 30)):
                    with self.subTest(dtype=dtype.__name__, order=order, rows=rows):
                        data = libfa.Dataset(base[rows], target[rows])
                        self.same(data, rows, base, target)
                        x, y = data.view()
                        self.assertTrue(np.shares_memory(x, base) and np.shares_memory(y, target))
                        self.assertFalse(x.flags.writeable or y.flags.writeable)

    def test_properties(self):
        data = libfa.Dataset(X, TARGET)
        self.assertEqual((len(data), data.n_inputs, data.n_outputs), (37, 6, 4))
        self.assertEqual((data.has_labels, data.dtype), (False, "float64"))
        with self.assertRaises(libfa.StateError):
            data.labels()
        data.close()
        for call in (lambda: len(data), lambda: data.n_inputs, lambda: data.rows(0, 1), lambda: data.split(1, [1]),
                     data.copy, data.view):
            with self.assertRaisesRegex(libfa.ArgumentError, "the dataset is closed"):
                call()

    def test_labels(self):
        for labels in (LABELS, LABELS.astype(np.int64), LABELS.tolist(), LABELS.astype(np.uint8)):
            data = libfa.Dataset(X, labels)
            self.assertEqual((data.n_outputs, data.has_labels), (5, True))
            self.same(data, slice(None), target=np.eye(5)[LABELS])
            np.testing.assert_array_equal(data.labels(), LABELS)
            np.testing.assert_array_equal(data.labels(5, 4), LABELS[5:9])
            np.testing.assert_array_equal(data.labels(30), LABELS[30:])
            self.assertIsNone(data.view(2, 3)[1])
        self.assertEqual(libfa.Dataset(X, LABELS, n_classes=8).n_outputs, 8)

    def test_a_later_change_of_labels_does_no_harm(self):
        labels = LABELS.copy()
        data = libfa.Dataset(X, labels)
        labels[:] = 10**9
        np.testing.assert_array_equal(data.labels(), LABELS)

    def test_errors(self):
        with self.assertRaises(libfa.ShapeError):
            libfa.Dataset(X, TARGET[:36])
        with self.assertRaisesRegex(libfa.ShapeError, "36 labels.*37 rows"):
            libfa.Dataset(X, LABELS[:36])
        with self.assertRaises(libfa.DtypeError):
            libfa.Dataset(X, TARGET.astype(np.float32))
        with self.assertRaisesRegex(libfa.ArgumentError, "label 4 of sample 2"):
            libfa.Dataset(X, LABELS, n_classes=4)
        with self.assertRaises(TypeError):
            libfa.Dataset(X.astype(int), TARGET)
        with self.assertRaises(TypeError):
            libfa.Dataset(X, LABELS.reshape(37, 1))
        data = libfa.Dataset(X, LABELS)
        for first, count in ((0, 38), (37, 1), (0, 0), (2**63, 1)):
            with self.assertRaises(libfa.ShapeError):
                data.rows(first, count)
            with self.assertRaises(libfa.ShapeError):
                data.view(first, count)
        with self.assertRaises(libfa.ShapeError):
            data.labels(30, 8)
        for call in (lambda: data.rows(-1, 2), lambda: data.view(-1), lambda: data.labels(0, -1),
                     lambda: data.split(1, [-1])):
            with self.assertRaises(ValueError):
                call()

    def test_ranges(self):
        data = libfa.Dataset(X, TARGET)
        part = data.rows(5, 20)
        self.same(part, slice(5, 25))
        self.same(part.rows(3, 4), slice(8, 12))
        for x, target in (part.view(3, 4), data.view(8, 4)):
            self.assertTrue(np.shares_memory(x, X))
            np.testing.assert_array_equal(x, X[8:12])
            np.testing.assert_array_equal(target, TARGET[8:12])
        np.testing.assert_array_equal(part.view(18)[0], X[23:25])

    def test_split_is_the_permutation_of_its_stream(self):
        for seed in (0, 3, 2**64 - 1):
            for sizes in ((37,), (20, 10, 7), (1, 2)):
                with self.subTest(seed=seed, sizes=sizes):
                    order = permutation(seed, libfa.PURPOSE_SPLIT, 37)
                    parts = libfa.Dataset(X, TARGET).split(seed, sizes)
                    self.assertEqual(len(parts), len(sizes))
                    for part, size in zip(parts, sizes):
                        self.same(part, sorted(order[:size]))
                        order = order[size:]

    def test_parts_of_parts(self):
        data = libfa.Dataset(X, LABELS)
        first = sorted(permutation(9, libfa.PURPOSE_SPLIT, 37)[:20])
        part = data.split(9, [20, 17])[0]
        np.testing.assert_array_equal(part.labels(), LABELS[first])
        self.same(part.rows(4, 8), first[4:12], target=np.eye(5)[LABELS])
        second = sorted(permutation(1, libfa.PURPOSE_SPLIT, 20)[:6])
        self.same(part.split(1, [6])[0], [first[i] for i in second], target=np.eye(5)[LABELS])
        with self.assertRaises(libfa.UnsupportedError):
            part.view()
        np.testing.assert_array_equal(part.copy().view()[0], X[first])

    def test_split_errors(self):
        data = libfa.Dataset(X, TARGET)
        for sizes in ((38,), (20, 18), (1, 0)):
            with self.assertRaises(libfa.ShapeError):
                data.split(1, sizes)
        with self.assertRaises(libfa.ArgumentError):
            data.split(1, [])

    def test_gather(self):
        for target, outputs in ((TARGET, TARGET), (LABELS, np.eye(5)[LABELS])):
            data = libfa.Dataset(X, target)
            for rows in ([3], [36, 0, 0, 7], np.array([1, 2], np.uint8), range(37)):
                x, found = data.gather(rows)
                np.testing.assert_array_equal(x, X[list(rows)])
                np.testing.assert_array_equal(found, outputs[list(rows)])
        with self.assertRaisesRegex(libfa.ArgumentError, "37"):
            data.gather([0, 37])
        with self.assertRaisesRegex(ValueError, "^-1 is"):
            data.gather([-1])
        for rows in ([0.5], [[1]], np.ones(37, bool)):
            with self.assertRaises(TypeError):
                data.gather(rows)


class Moments(unittest.TestCase):
    def test_against_numpy(self):
        for dtype in (np.float32, np.float64):
            x = X.astype(dtype)
            rows = sorted(permutation(4, libfa.PURPOSE_SPLIT, 37)[:30])
            for data, part in ((libfa.Dataset(x, LABELS), x), (libfa.Dataset(x, LABELS).split(4, [30])[0], x[rows])):
                mean, deviation = data.moments()
                self.assertEqual((mean.dtype, mean.shape, deviation.shape), (np.float64, (6,), (6,)))
                exact = part.astype(np.longdouble)
                # Sums of n numbers below 2 max |x|, a shift and a quotient, in float64: Higham 2002, section 4.2.
                error = (len(part) + 4) * 2.0**-53 * 3 * abs(exact).max(axis=0)
                self.assertTrue(np.all(abs(mean - exact.mean(axis=0)) <= error))
                # A mean that is off by this moves the root of the mean square by no more; the sum of n squares.
                error += (len(part) + 5) * 2.0**-53 * exact.std(axis=0)
                self.assertTrue(np.all(abs(deviation - exact.std(axis=0)) <= error))
                self.assertTrue(np.all(error < 1e-12 * abs(exact).max(axis=0)))

    def test_standardize(self):
        x = X.copy()
        x[:, 2] = 7
        data = libfa.Dataset(x, LABELS).copy()
        training, test = data.rows(0, 30), data.rows(30, 7)
        mean, deviation = training.moments()
        self.assertEqual((mean[2], deviation[2]), (7, 0))
        for part in (training, test):
            part.standardize(mean, deviation)
        divisor = np.where(deviation > 0, deviation, 1)
        # The same two operations in float64.
        np.testing.assert_array_equal(data.view()[0], (x - mean) / divisor)
        np.testing.assert_array_equal(x[:, 0], X[:, 0])

    def test_errors(self):
        data = libfa.Dataset(X, LABELS)
        mean, deviation = data.moments()
        with self.assertRaisesRegex(libfa.UnsupportedError, "copy"):
            data.standardize(mean, deviation)
        copy = data.copy()
        with self.assertRaises(libfa.ShapeError):
            copy.standardize(mean[:5], deviation)
        with self.assertRaises(libfa.DtypeError):
            copy.standardize(mean.astype(np.float32), deviation)
        with self.assertRaises(libfa.ArgumentError):
            copy.standardize(mean, -deviation)
        np.testing.assert_array_equal(copy.view()[0], X)
        bad = X.copy()
        bad[7, 3] = np.nan
        with self.assertRaisesRegex(libfa.NotFiniteError, "input 3 of sample 7"):
            libfa.Dataset(bad, LABELS).moments()


if __name__ == "__main__":
    tap.main()
