"""PyTorch, run again, gives what lies in tests/data/torch: but for the rounding of another version or processor, which
grows over 100 steps as test_torch_numbers.py says. In the suite only where PyTorch is installed.
"""
import unittest

import numpy as np

import make_torch_reference
import tap
import torch_cases
from test_torch_numbers import REFERENCE, TOLERANCE


class Reference(unittest.TestCase):
    def test_the_script_makes_the_file(self):
        for case in torch_cases.all_cases():
            with self.subTest(case.name):
                computed = make_torch_reference.train(case)
                np.testing.assert_allclose(computed, REFERENCE[case.name], rtol=TOLERANCE, atol=0)


if __name__ == "__main__":
    tap.main()
