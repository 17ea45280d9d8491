"""What all tests of networks need."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Keras 3.15 reads its variables in a way that numpy 2.4 no longer likes, in every `save`.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
    )
