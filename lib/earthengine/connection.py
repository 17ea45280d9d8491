"""How a connection is made: Local Earth in this process, Earth Engine, or any address."""

import functools
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lib.catalog.collections import all_collections
from lib.core.errors import InputError, ServiceError
from lib.core.home import loam_home
from lib.earthengine.access import (
    OWN_ASSETS,
    Capabilities,
    Connection,
    map_requests,
    with_connection,
)
from lib.earthengine.credentials import (
    Credentials,
    FixedToken,
    MachineCredentials,
    RefreshedTokens,
    ServiceAccountKey,
    Tokens,
    check_project,
    credentials_from,
    machine_credentials,
)
from lib.earthengine.doors import Door, HttpDoor, InProcessDoor, SignatureDoor
from lib.earthengine.translation import sentence_for_answer
from lib.localearth import planet
from lib.localearth.signatures import client_file

__all__ = [
    "OWN_ASSETS",
    "Capabilities",
    "Connection",
    "MachineCredentials",
    "ServiceAccountKey",
    "earth_engine",
    "from_secret",
    "import_into",
    "local",
    "machine_credentials",
    "map_requests",
    "over_http",
    "secret_of",
    "verify",
    "with_connection",
]

EARTH_ENGINE_URL = "https://earthengine.googleapis.com"
EARTH_ENGINE_URL_VARIABLE = "LOAM_EARTHENGINE_URL"
LOCAL_PROJECT = "local"
# Local Earth answers a table in one piece, however many rows it has.
_LOCAL_TABLE_PAGE = 50_000
_SIGNATURES = SignatureDoor(
    discovery=lambda: client_file("cloud_api_discovery_document.json").read_bytes(),
    algorithms=lambda: client_file("algorithms.json").read_bytes(),
)


def local(home: Path | None = None) -> Connection:
    """Open Local Earth in this process.

    Args:
        home: Folder of all state; None for the default (LOAM_HOME).
    """
    place = str((home or loam_home()).resolve())
    return Connection(
        f"local:{place}",
        "local",
        "Local Earth",
        LOCAL_PROJECT,
        Capabilities(
            base_map=True,
            planet=True,
            file_import=True,
            buckets=False,
            endpoints=False,
            parallel_requests=max(2, os.cpu_count() or 2),
            table_page=_LOCAL_TABLE_PAGE,
            data_sets=_data_sets(planet.asset_ids()),
        ),
        door=_local_door(place),
        signatures=_SIGNATURES,
        secret={"kind": "local", "home": place},
    )


def _data_sets(ids: Sequence[str]) -> frozenset[str]:
    """Ids of the planet's data sets, and of merged ones of which it has a member."""
    merged = (item.id for item in all_collections() if not set(ids).isdisjoint(item.members))
    return frozenset((*ids, *merged))


def earth_engine(project: str, credentials: Credentials) -> Connection:
    """Sign in to Earth Engine; nothing is sent before the first request.

    Args:
        project: Cloud project; empty for the project of a service-account key.
        credentials: Who signs in.

    Raises:
        SignInError: There is no project, or its id is malformed.
    """
    if isinstance(credentials, ServiceAccountKey):
        project = project.strip() or credentials.project_id
    url = os.environ.get(EARTH_ENGINE_URL_VARIABLE, EARTH_ENGINE_URL)
    secret = {"kind": "google", "credentials": _credentials_secret(credentials)}
    return _over_http(url, check_project(project), RefreshedTokens(credentials), secret)


def over_http(url: str, *, project: str = LOCAL_PROJECT, token: str = "") -> Connection:
    """Open any service that speaks the REST API at an address, such as `python -m lib earth`.

    Args:
        url: Address without path.
        project: Project that requests are made in.
        token: Access token, empty where none is wanted.
    """
    secret = {"kind": "http", "url": url, "token": token}
    return _over_http(url, project, FixedToken(token) if token else None, secret)


def secret_of(connection: Connection) -> dict[str, Any]:
    """Say all that another process needs to open the same connection.

    It may hold a private key: hand it over through stdin only.
    """
    return {**connection.secret, "id": connection.id, "project": connection.project}


def from_secret(secret: Mapping[str, Any]) -> Connection:
    """Open the connection that `secret_of` described."""
    kind = secret["kind"]
    if kind == "local":
        return local(Path(secret["home"]))
    if kind == "http":
        opened = over_http(secret["url"], project=secret["project"], token=secret["token"])
    else:
        opened = earth_engine(secret["project"], credentials_from(secret["credentials"]))
    return replace(opened, id=secret["id"])


@with_connection
def verify(connection: Connection) -> None:
    """Ask the service for the number 1, to learn now whether it answers this account.

    Raises:
        ServiceError: In a sentence: wrong key, no permission, unknown project, no answer.
    """
    answer = connection.door.send(
        f"/v1/projects/{connection.project}/value:compute",
        method="POST",
        body=b'{"expression":{"result":"0","values":{"0":{"constantValue":1}}}}',
        headers={"content-type": "application/json", "x-goog-user-project": connection.project},
    )
    if answer.status >= 400:
        raise sentence_for_answer(answer.status, answer.content)


def _over_http(
    url: str, project: str, tokens: Tokens | None, secret: Mapping[str, Any]
) -> Connection:
    url = url.rstrip("/")
    host = urlsplit(url).hostname or ""
    google = host == "googleapis.com" or host.endswith(".googleapis.com")
    signed_in = secret["kind"] == "google"
    return Connection(
        uuid.uuid4().hex,
        "google" if signed_in else "local",
        f"Earth Engine · {project}" if signed_in else f"Earth at {url}",
        project,
        Capabilities(
            base_map=not google,
            planet=not google,
            file_import=False,
            # Whoever is signed in to Google, whatever the address of its Earth Engine.
            buckets=signed_in,
            endpoints=signed_in,
            drive=signed_in,
        ),
        url=url,
        door=HttpDoor(url, tokens=tokens),
        signatures=_SIGNATURES,
        secret=secret,
    )


def import_into(connection: Connection, path: Path, *, name: str, overwrite: bool) -> str:
    """Make a file an asset of the Local Earth that answers a connection; returns the asset's id.

    Raises:
        InputError: The file cannot be read or placed on the Earth, or the name is taken.
        ServiceError: The connection takes no files of this machine.
    """
    from lib.localearth.errors import EarthError
    from lib.localearth.importing import import_file  # slow import

    if not connection.can.file_import:
        raise ServiceError(
            f"{connection.label} takes no files from here.",
            hint="Upload it in Earth Engine's asset manager and give its id, or use Local Earth.",
            field="upload",
        )
    try:
        home = Path(connection.secret["home"])
        return import_file(path, name=name, home=home, overwrite=overwrite).asset_id
    except EarthError as error:
        raise InputError(error.message, field="upload") from None


@functools.cache
def _local_door(place: str) -> Door:
    """One door per folder and process, whichever session asks."""

    def open_transport() -> Any:
        from lib.localearth.service import open_service  # slow import
        from lib.localearth.transport import InProcessTransport

        return InProcessTransport(open_service(Path(place)))

    return InProcessDoor(open_transport)


def _credentials_secret(credentials: Credentials) -> dict[str, str]:
    if isinstance(credentials, MachineCredentials):
        return {}
    return {
        "client_email": credentials.client_email,
        "private_key": credentials.private_key,
        "project_id": credentials.project_id,
    }
