"""A project whose connection is signed in to stand-ins for Google."""

from tests.workflow.clouded import account, cloud, earth_url, filed, signed_in

__all__ = ["account", "cloud", "earth_url", "filed", "signed_in"]
