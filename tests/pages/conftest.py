"""Workers that end with the test, and a project that is signed in to stand-ins for Google."""

from tests.pages.working import workers
from tests.workflow.clouded import account, cloud, earth_url, private_key, signed_in

__all__ = ["account", "cloud", "earth_url", "private_key", "signed_in", "workers"]
