"""Errors keep what they say on their way between processes."""

import pickle

from lib.core.errors import AoiError, AppError, InputError


def test_an_error_survives_pickling_with_kind_hint_and_field():
    error = AoiError("Empty.", hint="Draw one.", field="aoi")

    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(again) is AoiError
    assert (again.message, again.hint, again.field) == ("Empty.", "Draw one.", "aoi")
    assert str(again) == "Empty. Draw one."


def test_an_aoi_error_is_an_input_error_of_the_app():
    assert issubclass(AoiError, InputError)
    assert issubclass(InputError, AppError)
    assert str(AppError("Broken.")) == "Broken."
