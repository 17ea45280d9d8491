"""A stand-in for Google Cloud, an account that signs in to it, and a folder to upload."""

from pathlib import Path

import pytest

from lib.deploy.vertex.contract import Contract, save_contract
from lib.deploy.vertex.settings import VertexSettings
from lib.earthengine.connection import Connection, ServiceAccountKey, earth_engine
from tests.deploy.vertex.standin import StandIn, running

PROJECT = "meadow-1"
CONTRACT = Contract(
    form="pixel",
    bands=("B4", "B8"),
    names=("B4", "B8"),
    valid="",
    classes=3,
    tile=64,
    margin=0,
    payload_format="SERIALIZED_TF_TENSORS",
    max_payload_bytes=1_500_000,
    multiplier=1.5,
)


@pytest.fixture
def cloud(tmp_path: Path):
    with running(StandIn(tmp_path / "objects")) as state:
        yield state


@pytest.fixture
def account(cloud: StandIn, private_key: str, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """A real service account, whose tokens come from the stand-in."""
    monkeypatch.setenv("LOAM_TOKEN_URL", f"{cloud.url}/token")
    return earth_engine(PROJECT, ServiceAccountKey("loam@example.com", private_key, PROJECT))


@pytest.fixture
def settings_for(cloud: StandIn):
    def make(**options) -> VertexSettings:
        defaults = {
            "project": PROJECT,
            "bucket": "meadow",
            "vertex_api": cloud.url,
            "storage_api": cloud.url,
            "first_wait_s": 0.0,
        }
        return VertexSettings(**(defaults | options))

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What stands for an export where nobody asks it anything."""
    made = tmp_path / "export"
    (made / "variables").mkdir(parents=True)
    (made / "saved_model.pb").write_bytes(b"graph")
    (made / "variables" / "variables.index").write_bytes(b"index")
    save_contract(made, CONTRACT)
    return made
