"""The client through both doors, and an own raster that it can ask for."""

import ee
import numpy as np
import pytest
from google.auth.credentials import AnonymousCredentials

from lib.localearth.importing import import_file
from lib.localearth.server import api_app
from lib.localearth.service import Service
from lib.localearth.transport import InProcessTransport
from tests.localearth.serving import running
from tests.localearth.test_importing import write


@pytest.fixture
def service(home):
    return Service(home)


@pytest.fixture(params=["in process", "http"])
def door(request, service):
    """Initialise the client through one of the doors."""
    credentials = AnonymousCredentials()
    if request.param == "in process":
        transport = InProcessTransport(service)
        ee.Initialize(credentials, project="local", url="http://local", http_transport=transport)
        yield request.param
    else:
        with running(api_app(service)) as url:
            ee.Initialize(credentials, project="local", url=url)
            yield request.param
            ee.data._get_state().requests_session.close()
    ee.Reset()


@pytest.fixture
def scene(tmp_path, home):
    """An own raster of 2 bands, 20 x 30 pixels of 10 m, masked where band 1 is 0."""
    values = np.arange(2 * 20 * 30).reshape(2, 20, 30).astype(np.int16)
    path = write(tmp_path / "scene.tif", values, nodata=0, names=["red", "nir"])
    import_file(path, name="scene", home=home)
    return values
