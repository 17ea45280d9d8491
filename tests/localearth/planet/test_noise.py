"""Noise is standard, seamless around the globe, and depends on the position alone."""

import numpy as np
import pytest

from lib.localearth.planet.noise import (
    CACHED,
    Points,
    fractal,
    hash_number,
    hash_words,
    left_out,
    octave,
    smooth,
    unit,
)


def square(u=0.1, v=0.1, *, side=0.8, pixels=700, finest=30):
    line = np.arange(pixels) / pixels * side
    return Points(*np.meshgrid(u + line, v + line), finest)


@pytest.mark.parametrize("k", [7, 8, 9, 10])
def test_octave_has_mean_zero_and_variance_one(k):
    values = octave(square(), k, 3)
    assert abs(values.mean()) < 0.02
    assert values.var() == pytest.approx(1.0, abs=0.04)


@pytest.mark.parametrize("k", range(5, 15))
def test_octave_is_the_same_one_turn_around_the_globe(k):
    here = square(u=0.0, side=0.002, pixels=60)
    there = Points(here.u + 1.0, here.v, here.finest)
    np.testing.assert_allclose(octave(here, k, 3), octave(there, k, 3), atol=1e-4)


def test_octave_when_points_are_a_part_gives_the_same_bits():
    whole = octave(square(pixels=200), 9, 5)
    points = square(pixels=200)
    part = Points(points.u[40:90, 30:170], points.v[40:90, 30:170], 30)
    np.testing.assert_array_equal(octave(part, 9, 5), whole[40:90, 30:170])


def test_octave_with_another_seed_is_another_noise():
    points = square(pixels=300)
    correlation = np.corrcoef(octave(points, 9, 1).ravel(), octave(points, 9, 2).ravel())[0, 1]
    assert abs(correlation) < 0.05


def test_fractal_when_octaves_are_finer_than_pixels_leaves_them_out():
    coarse = fractal(square(finest=8), 6, 11, 0.7, seed=1)
    only = fractal(square(finest=30), 6, 8, 0.7, seed=1)
    scale = np.sqrt(1 - left_out(8, 6, 11, 0.7) ** 2)
    np.testing.assert_allclose(coarse, only * scale, atol=1e-5)


def test_hash_is_the_known_one():
    """Computed once; a change would move every river of the planet."""
    words = hash_words(np.array([0, 1, -1, 2**20]), np.array([0, 0, 5, -7]), 42)
    assert [int(word) for word in words] == KNOWN_WORDS
    assert hash_number(18_809, 17) == KNOWN_NUMBER


def test_hash_fills_the_unit_interval_evenly():
    values = unit(hash_words(np.arange(400)[None, :], np.arange(400)[:, None], 9))
    counts, _ = np.histogram(values, bins=16, range=(0, 1))
    assert counts.min() > 0.96 * values.size / 16
    assert counts.max() < 1.04 * values.size / 16


def test_smooth_runs_from_zero_to_one_either_way():
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0], np.float32)
    np.testing.assert_allclose(smooth(0.0, 1.0, x), [0, 0, 0.5, 1, 1])
    np.testing.assert_allclose(smooth(1.0, 0.0, x), [1, 1, 0.5, 0, 0])


KNOWN_WORDS = [3543152404, 1650606484, 1503118396, 407413077]
KNOWN_NUMBER = 3598012571


def test_octave_of_more_points_than_are_computed_at_a_time_is_that_of_each_alone():
    many = square(pixels=200)
    assert many.u.size > CACHED
    rows = [
        octave(Points(many.u[row : row + 1], many.v[row : row + 1], 30), 9, 5) for row in range(200)
    ]

    np.testing.assert_array_equal(octave(many, 9, 5), np.concatenate(rows))
