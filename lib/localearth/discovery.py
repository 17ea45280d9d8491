"""The discovery document: what clients learn of the REST API before their first call.

The client ships a document of 2020. What later clients call and it does not name is added here, by
the reference of the REST API (developers.google.com/earth-engine/reference/rest).
"""

import functools
import json
from typing import Any

from lib.localearth.signatures import client_file

_VERSION = "v1alpha"
_PROJECT = "^projects/[^/]+$"


@functools.cache
def discovery_document(version: str) -> bytes:
    """The document for a version such as "v1", as JSON."""
    document = json.loads(client_file("cloud_api_discovery_document.json").read_text())
    projects = document["resources"]["projects"]
    resources = projects["resources"]
    _add_filters(projects["methods"]["listAssets"])
    _add_filters(resources["assets"]["methods"]["listAssets"])
    methods = resources["assets"]["methods"]
    listed = json.dumps(methods["listFeatures"]).replace("{+parent}", "{+asset}")
    methods["listFeatures"] = json.loads(listed.replace('"parent"', '"asset"'))
    image = resources["image"]["methods"]
    image["importExternal"] = _renamed(image["import"], "image:import", "image:importExternal")
    resources["tables"] = _tables(resources["thumbnails"])
    resources["classifier"] = {
        "methods": {"export": _renamed(image["export"], "image:export", "classifier:export")}
    }
    return json.dumps(document).replace(_VERSION, version).encode()


def _add_filters(method: dict[str, Any]) -> None:
    for name in ("filter", "view"):
        method["parameters"].setdefault(
            name, {"description": "", "location": "query", "type": "string"}
        )


def _renamed(method: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(method).replace(old, new))
    made["id"] = f"earthengine.projects.{new.replace(':', '.')}"
    return made


def _tables(thumbnails: dict[str, Any]) -> dict[str, Any]:
    """Tables that wait for download are made and fetched as thumbnails are."""
    text = json.dumps(thumbnails)
    text = text.replace("thumbnails", "tables").replace("getPixels", "getFeatures")
    made: dict[str, Any] = json.loads(text)
    return made
