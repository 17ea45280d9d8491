"""Supervisors over a fresh home, with every worker ended afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lib.jobs.supervisor import Supervisor
from tests.jobs.helpers import Servers


@pytest.fixture
def servers(home: Path) -> Iterator[Servers]:
    servers = Servers(home)
    yield servers
    servers.end()


@pytest.fixture
def server(servers: Servers) -> Supervisor:
    return servers.start()
