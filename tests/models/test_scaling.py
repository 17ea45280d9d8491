import numpy as np

from lib.models.scaling import measure_scaling


def test_measure_scaling_when_values_are_masked_leaves_them_out() -> None:
    x = np.array([[[1.0, 5.0], [3.0, 5.0]], [[-999.0, -999.0], [8.0, 5.0]]], np.float32)
    valid = np.array([[True, True], [False, True]])

    scaling = measure_scaling(x, valid)

    # Of 1, 3 and 8: mean 4, variance (9 + 1 + 16) / 3
    np.testing.assert_allclose(scaling.mean, [4.0, 5.0])
    np.testing.assert_allclose(scaling.variance, [26 / 3, 1.0])
    assert scaling.constant.tolist() == [False, True]
    np.testing.assert_allclose(scaling.spread, [np.sqrt(26 / 3), 0.0], rtol=1e-6)


def test_measure_scaling_when_values_are_large_and_close_does_not_lose_digits() -> None:
    x = np.array([[1e5], [1e5 + 1], [1e5 + 2]], np.float32)

    assert measure_scaling(x).variance[0] == np.var([0, 1, 2])


def test_measure_scaling_when_rows_are_given_measures_those() -> None:
    x = np.arange(5, dtype=np.float32)[:, None]

    assert measure_scaling(x, rows=np.array([1, 3])).mean[0] == 2.0
