"""Reducers over values and over stacks of pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lib.localearth import assumptions
from lib.localearth.errors import EarthError
from lib.localearth.functions import reducer as make
from lib.localearth.reducers import combine, histogram, listing, moments, order, regression, simple
from lib.localearth.reducers.base import Reducer

MEAN, SUM = simple.Mean(), simple.Sum()
MEDIAN = order.Percentiles("median", [50], ["median"])

PIXELS = [
    pytest.param(MEAN, id="mean"),
    pytest.param(SUM, id="sum"),
    pytest.param(simple.Product(), id="product"),
    pytest.param(simple.Count(), id="count"),
    pytest.param(simple.Extremes("minMax"), id="minMax"),
    pytest.param(simple.Pick("first", skip=True), id="firstNonNull"),
    pytest.param(simple.Pick("last", skip=True), id="lastNonNull"),
    pytest.param(simple.NonZero("allNonZero", "all"), id="allNonZero"),
    pytest.param(order.Mode(), id="mode"),
    pytest.param(MEDIAN, id="median"),
    pytest.param(order.CountDistinct(skip=True), id="countDistinct"),
    pytest.param(order.CountRuns(), id="countRuns"),
    pytest.param(order.IntervalMean(25, 75), id="intervalMean"),
    pytest.param(moments.Spread("variance", root=False, sample=True), id="sampleVariance"),
    pytest.param(moments.Shape("kurtosis"), id="kurtosis"),
    pytest.param(moments.Circular("circularMean"), id="circularMean"),
]


@pytest.mark.parametrize("reducer", PIXELS)
def test_over_stack_when_pixels_are_masked_agrees_with_reduce_of_each_pixel(
    reducer: Reducer,
) -> None:
    rng = np.random.default_rng(1)
    stack = rng.integers(0, 4, (7, 5, 6)).astype(float)
    weights = (rng.random((7, 5, 6)) > 0.4).astype(float)
    weights[:, 0, 0] = 0

    answers = reducer.over_stack([stack], weights)

    for place in np.ndindex(5, 6):
        alone = reducer.reduce([stack[(slice(None), *place)]], weights[(slice(None), *place)])
        for (data, valid), value in zip(answers, alone, strict=True):
            if valid[place]:
                assert data[place] == pytest.approx(value)
            else:
                assert value in (None, assumptions.EMPTY_SUM, 1)


@given(hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6)))
def test_moments_when_values_are_any_agree_with_numpy(values: np.ndarray) -> None:
    found = [
        MEAN.reduce([values])[0],
        MEDIAN.reduce([values])[0],
        moments.Spread("stdDev", root=True, sample=False).reduce([values])[0],
    ]

    assert found == pytest.approx([values.mean(), np.median(values), values.std()], abs=1e-6)


def test_mean_when_weighted_matches_the_guide():
    # developers.google.com/earth-engine/guides/reducers_reduce_columns: foo 1, 2, 3 by 1, 2, 3
    assert MEAN.reduce([[1, 2, 3]], np.array([1.0, 2, 3]))[0] == pytest.approx(2.333333333333333)


def test_unweighted_when_weights_are_fractions_counts_each_once():
    assert combine.Unweighted(MEAN).reduce([[1, 4]], np.array([0.25, 1.0])) == [2.5]


def test_mode_when_two_values_are_equally_frequent_takes_the_smaller():
    assert order.Mode().reduce([[3, 1, 3, 1, 2]]) == [1]


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [
        (simple.Count(), [0]),
        (SUM, [0]),
        (MEAN, [None]),
        (simple.Extremes("minMax"), [None, None]),
        (simple.Pick("first", skip=False), [None]),
    ],
    ids=["count", "sum", "mean", "minMax", "first"],
)
def test_reduce_when_there_is_nothing_answers_null_but_for_counts_and_sums(
    reducer: Reducer, expected: list[object]
) -> None:
    assert reducer.reduce([[]]) == expected


def test_max_when_it_has_two_inputs_gives_the_second_at_the_first_ones_maximum():
    assert simple.Extremes("max", inputs=2).reduce([[1, 9, 4], [10, 20, 30]]) == [9, 20]


def test_min_when_values_are_strings_compares_alphabetically():
    assert simple.Extremes("min").reduce([["pear", "apple"]]) == ["apple"]


def test_min_when_types_are_mixed_refuses_with_the_services_words():
    with pytest.raises(EarthError, match=r"Cannot compare values '10' \(Type:String\) and '0'"):
        simple.Extremes("min").reduce([[0, "10"]])


def test_first_when_over_a_stack_takes_a_masked_pixel_and_first_non_null_does_not():
    stack, weights = np.array([[5.0], [6.0]]), np.array([[0.0], [1.0]])

    ((_, first_valid),) = simple.Pick("first", skip=False).over_stack([stack], weights)
    ((value, valid),) = simple.Pick("first", skip=True).over_stack([stack], weights)

    assert (first_valid[0], value[0], valid[0]) == (False, 6.0, True)


def test_combine_when_a_value_is_null_in_one_input_keeps_the_others_observation():
    both = make.combined(simple.Count(), simple.Count(), "b_", False)

    assert (both.outputs, both.reduce([[1, None], [1, 2]])) == (("count", "b_count"), [1, 2])


def test_combine_when_masks_differ_weighs_each_input_by_its_own():
    both = make.combined(MEAN, simple.Count(), "", False)
    stacks = [np.array([[1.0], [3.0]])] * 2

    answers = both.over_stack(stacks, [np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]])])

    assert [data[0] for data, _ in answers] == [1.0, 2]


def test_repeat_when_reduced_lists_one_result_a_copy():
    # The guide's shape: sum().repeat(2) gives {'sum': [.., ..]}
    assert make.repeated(SUM, 2).reduce([[1, 2], [10, 20]]) == [[3, 30]]


def test_group_when_keys_are_mixed_up_sorts_groups_and_drops_null_keys():
    grouped = make.grouped(SUM, 1, "class")

    assert grouped.reduce([[1, 2, 3, 4], [7, 5, 7, None]]) == [
        [{"class": 5, "sum": 2}, {"class": 7, "sum": 4}]
    ]


def test_split_weights_when_reduced_takes_the_second_of_each_pair_as_weight():
    assert make.split_weights(MEAN).reduce([[1, 2, 3], [1, 2, 3]])[0] == pytest.approx(7 / 3)


def test_to_list_when_a_tuple_misses_a_required_value_drops_it():
    assert listing.ToList(2, 0).reduce([[1, None, 3], ["a", "b", None]]) == [[[1, "a"]]]
    assert listing.ToList(2, 1).reduce([[1, None, 3], ["a", "b", None]]) == [[[1, "a"], [3, None]]]


def test_to_list_when_pixels_are_reduced_is_refused():
    with pytest.raises(EarthError, match=r"Reducer.toList does not give numbers or arrays"):
        listing.ToList(None, 0).over_stack([np.zeros((1, 1))], np.ones((1, 1)))


def test_frequency_histogram_when_weighted_adds_weights_by_text():
    found = histogram.FrequencyHistogram().reduce([np.array([2, 1, 2])], np.array([0.5, 1, 1]))

    assert found == [{"1": 1.0, "2": 1.5}]


def test_fixed_histogram_when_values_lie_outside_ignores_them():
    (table,) = histogram.FixedHistogram(0, 3, 3, cumulative=False).reduce([[0, 1, 1, 2, 3, -1]])

    assert table.data.tolist() == [[0, 1], [1, 2], [2, 1]]


def test_histogram_when_widths_are_bounded_uses_a_power_of_two_times_the_least():
    (table,) = histogram.Histogram(4, 1.0).reduce([[0, 1, 5, 7]])

    assert (table["bucketMin"], table["bucketWidth"], table["histogram"]) == (0, 2, [2, 0, 1, 1])
    assert table["bucketMeans"] == [0.5, None, 5, 7]


def test_percentile_when_values_are_few_interpolates_linearly():
    reducer = make.percentile([0, 25, 100], None, None, None, None)

    assert (reducer.outputs, reducer.reduce([[1, 2, 3, 5, 9]])) == (
        ("p0", "p25", "p100"),
        [1, 2, 9],
    )


def test_percentile_when_out_of_range_is_refused():
    with pytest.raises(EarthError, match="between 0 and 100"):
        make.percentile([101], None, None, None, None)


def test_linear_regression_when_masked_agrees_with_numpy_at_every_pixel():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 9, 4))
    weights = np.ones((9, 4))
    weights[5:, 2] = 0

    (found, valid), (residuals, _) = regression.LinearRegression(2, 1).over_stack(
        [np.ones((9, 4)), x, y], weights
    )

    for pixel, rows in ((0, 9), (2, 5)):
        design = np.column_stack([np.ones(rows), x[:rows, pixel]])
        expected, squares, *_ = np.linalg.lstsq(design, y[:rows, pixel], rcond=None)
        np.testing.assert_allclose(found[pixel, :, 0], expected)
        assert residuals[pixel, 0] == pytest.approx(np.sqrt(squares[0] / rows))
    assert valid.all()


def test_linear_regression_when_underdetermined_is_null():
    assert regression.LinearRegression(2, 1).reduce([[1, 1], [1, 2], [3, 4]]) == [None, None]


def test_robust_regression_when_one_point_is_far_off_ignores_it():
    x = list(range(10))
    y = [2 * value for value in x]
    y[4] = 500

    slope = regression.LinearRegression(1, 1, robust=True).reduce([x, y])[0]

    assert slope.data.tolist() == [[pytest.approx(2.0)]]


def test_linear_fit_when_points_lie_on_a_line_finds_it():
    assert regression.LinearFit().reduce([[1, 2, 3], [3, 5, 7]]) == pytest.approx([2, 1])


def test_sens_slope_when_one_point_is_off_keeps_the_median_slope():
    assert regression.SensSlope().reduce([[0, 1, 2, 3], [0, 1, 20, 3]]) == pytest.approx([1, 0])


def test_for_each_when_a_reducer_has_two_outputs_prefixes_names():
    assert make.for_each(simple.Extremes("minMax"), ["a", "b"]).outputs == (
        "a_min",
        "a_max",
        "b_min",
        "b_max",
    )


def test_set_outputs_when_a_name_is_empty_drops_the_output():
    assert make.set_outputs(simple.Extremes("minMax"), ["lo", None]).reduce([[4, 2]]) == [2]
