"""Who counts as sitting at the machine itself."""

import pytest

from lib.ui.visitor import is_loopback


def test_visitor_from_this_machine_is_from_loopback():
    assert is_loopback(None, {"Host": "localhost:8501"})


def test_visitor_from_elsewhere_is_not():
    assert not is_loopback("203.0.113.7", {"Host": "loam.example"})


@pytest.mark.parametrize("header", ["X-Forwarded-For", "x-forwarded-for", "Forwarded", "X-Real-IP"])
def test_visitor_behind_a_proxy_on_this_machine_is_not(header):
    assert not is_loopback(None, {header: "203.0.113.7"})
