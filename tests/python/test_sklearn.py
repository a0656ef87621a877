"""Classifier and Regressor inside scikit-learn: its own checks, pipelines, searches."""
import unittest
import warnings

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted

import libfa
import tap

# docs/guide/python.md has them too. Outputs have the network's type, float32 unless dtype="float64".
NOT_MET = {("Regressor", "check_regressor_multioutput")}
NEEDS_PANDAS = {"check_classifier_data_not_an_array", "check_regressor_data_not_an_array"}


class Checks(unittest.TestCase):
    def check(self, estimator, not_met=frozenset()):
        failed, count = set(), 0
        for one, check in check_estimator(estimator, generate_only=True):
            name = getattr(check, "func", check).__name__
            count += 1
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    check(one)
            except unittest.SkipTest:
                self.assertIn(name, NEEDS_PANDAS)
            except Exception as error:
                failed.add((type(estimator).__name__, name))
                if (type(estimator).__name__, name) not in not_met:
                    print(f"# {name}: {type(error).__name__}: {error}".replace("\n", "\n# "))
        self.assertGreater(count, 30)
        self.assertEqual(failed, set(not_met))

    def test_classifier(self):
        self.check(libfa.Classifier())

    def test_regressor(self):
        self.check(libfa.Regressor(), NOT_MET)
        self.check(libfa.Regressor(dtype="float64"))

    def test_nothing_is_inherited(self):
        self.assertEqual([cls.__module__ for cls in libfa.Classifier.__mro__], ["libfa", "libfa", "builtins"])
        self.assertTrue(is_classifier(libfa.Classifier()) and is_regressor(libfa.Regressor()))


class Together(unittest.TestCase):
    def test_pipeline_and_search(self):
        x, y = load_iris(return_X_y=True)
        y = np.array(["setosa", "versicolor", "virginica"])[y]
        search = GridSearchCV(make_pipeline(StandardScaler(), libfa.Classifier(epochs=150)),
                              {"classifier__rule": ["bp", "fa", "dfa"], "classifier__hidden": [(20,), (10, 10)]}, cv=3)
        search.fit(x, y)
        self.assertGreater(search.best_score_, 0.9)
        self.assertEqual(len(search.cv_results_["params"]), 6)
        self.assertEqual(search.best_estimator_[-1].rule, search.best_params_["classifier__rule"])
        self.assertEqual(set(search.predict(x)), set(y))
        np.testing.assert_allclose(search.predict_proba(x).sum(axis=1), 1, rtol=1e-6)

    def test_search_in_processes(self):
        """Estimators go there and back as pickles."""
        x, y = load_iris(return_X_y=True)
        scores = [cross_val_score(libfa.Classifier(10, epochs=20), x, y, cv=3, n_jobs=jobs) for jobs in (1, 2)]
        np.testing.assert_array_equal(*scores)

    def test_regression(self):
        x, y = make_regression(150, 6, noise=0.1, random_state=1)
        y = (y - y.mean()) / y.std()
        self.assertGreater(cross_val_score(libfa.Regressor(), x, y, cv=3).mean(), 0.9)
        both = np.c_[y, -2 * y]
        mine = libfa.Regressor(epochs=10).fit(x, both)
        self.assertAlmostEqual(mine.score(x, both), r2_score(both, mine.predict(x)), places=12)
        weights = np.arange(150.0)
        self.assertAlmostEqual(mine.score(x, both, weights), r2_score(both, mine.predict(x), sample_weight=weights),
                               places=12)
        constant = np.ones((150, 2))
        self.assertEqual(mine.score(x, constant), r2_score(constant, mine.predict(x)))
        self.assertEqual(cross_val_predict(mine, x, both, cv=3).shape, (150, 2))

    def test_scores_are_scikit_learns(self):
        x, y = load_digits(return_X_y=True)
        mine = libfa.Classifier(epochs=10).fit(x / 16, y)
        self.assertGreater(mine.score(x / 16, y), 0.9)
        self.assertEqual(mine.score(x / 16, y), accuracy_score(y, mine.predict(x / 16)))
        weights = np.arange(len(y)) + 1.0
        self.assertAlmostEqual(mine.score(x / 16, y, weights),
                               accuracy_score(y, mine.predict(x / 16), sample_weight=weights))

    def test_clone(self):
        class Own(libfa.Rule):
            def setup(self, setup):
                setup.feedback(libfa.DIRECT)

            def backward(self, step):
                for l in range(1, step.depth):
                    step.inject(l)
        x, y = load_iris(return_X_y=True)
        mine = libfa.Classifier((7, 6), Own(), epochs=3, optimizer_params={"beta1": 0.8}).fit(x, y)
        other = clone(mine)
        self.assertFalse(hasattr(other, "net_"))
        self.assertIsNot(other.rule, mine.rule)
        np.testing.assert_array_equal(other.fit(x, y).predict_proba(x), mine.predict_proba(x))
        check_is_fitted(other)

    def test_several_labels(self):
        x, y = load_iris(return_X_y=True)
        both = np.c_[y, y == 1]
        self.assertEqual(MultiOutputClassifier(libfa.Classifier(epochs=5)).fit(x, both).predict(x).shape, (150, 2))

    def test_refused_weights(self):
        x, y = load_iris(return_X_y=True)
        with self.assertRaisesRegex(TypeError, "takes no sample_weight"):
            make_pipeline(libfa.Classifier()).fit(x, y, classifier__sample_weight=np.ones(150))


if __name__ == "__main__":
    tap.main()
