"""`python -m lib earth --endpoint NAME=URL`."""

import pytest

from lib.__main__ import main


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("7=https://example.com/v1", "is not on this machine"),
        ("7", "'' is not the address of an endpoint"),
        ("a/b=http://127.0.0.1:1", "'a/b' is neither an endpoint's resource name nor its id"),
    ],
    ids=["far away", "no address", "odd name"],
)
def test_earth_when_an_endpoint_cannot_be_used_ends_with_the_reason(
    home, capsys, endpoint, message
):
    assert main(["earth", "--port", "0", "--endpoint", endpoint]) == 1
    assert message in capsys.readouterr().err
