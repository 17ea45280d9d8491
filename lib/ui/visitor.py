"""Where a visitor comes from: this machine, or elsewhere."""

from collections.abc import Mapping

import streamlit as st

_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


def from_loopback() -> bool:
    """Return whether the visitor sits at the machine that serves the app."""
    return is_loopback(st.context.ip_address, dict(st.context.headers))


def is_loopback(address: str | None, headers: Mapping[str, str]) -> bool:
    """Return whether an address is this machine's own and nobody passed the request on.

    Args:
        address: As Streamlit tells it: None for this machine.
        headers: The request's headers; a proxy on this machine names whom it serves there.
    """
    names = {name.lower() for name in headers}
    passed_on = any(name.lower() in names for name in _FORWARDED)
    return address is None and not passed_on
