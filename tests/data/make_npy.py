"""Make tests/data/npy: small .npy files as NumPy writes them.

    python3 tests/data/make_npy.py tests/data/npy

Where nothing else is said the array is 3 x 4 with x[i, j] = (4 i + j - 5) / 4.
"""
import pathlib
import sys

import numpy as np
from numpy.lib import format as npy

X = (np.arange(12.0).reshape(3, 4) - 5) / 4
SPECIAL = [[np.nan, np.inf, -np.inf], [-0.0, 1e-310, 1e-40]]


def write(folder, name, array, version=(1, 0)):
    with open(folder / (name + '.npy'), 'wb') as file:
        npy.write_array(file, array, version)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for order in 'CF':
        for kind in ('<f4', '>f4', '<f8', '>f8'):
            end = {'<': 'little', '>': 'big'}[kind[0]]
            write(folder, f'{kind[1:]}_{end}_{order.lower()}', np.array(X, dtype=kind, order=order))
    write(folder, 'version_2', X, (2, 0))
    write(folder, 'version_3', np.array(X, dtype='>f4'), (3, 0))
    write(folder, 'scalar', np.array(2.5))
    write(folder, 'vector', X[0])
    write(folder, 'special_f4', np.array(SPECIAL, dtype='<f4'))
    write(folder, 'special_f8', np.array(SPECIAL, dtype='>f8'))

    write(folder, 'refused_int64', np.arange(3))
    write(folder, 'refused_float16', np.array(X, dtype='<f2'))
    write(folder, 'refused_complex', np.array(X, dtype='<c8'))
    write(folder, 'refused_bool', X > 0)
    write(folder, 'refused_text', np.array(['a', 'b']))
    write(folder, 'refused_records', np.zeros(2, dtype=[('a', '<f4'), ('b', '<f8')]))
    write(folder, 'refused_3d', np.zeros((2, 2, 2)))
    write(folder, 'refused_empty', np.zeros((0, 3)))


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
