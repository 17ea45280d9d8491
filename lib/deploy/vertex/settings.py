"""Where and on what an endpoint runs: everything that a person chooses of it."""

import re
from dataclasses import dataclass
from typing import Any

from lib.core.errors import PlanError
from lib.core.plan_checks import one_of, within
from lib.deploy.storage import STORAGE_API, check_bucket_name
from lib.deploy.vertex import payload
from lib.earthengine.credentials import check_project

VERTEX_API = "https://{region}-aiplatform.googleapis.com"
IMAGE = "{region}-docker.pkg.dev/{project}/loam/tf-serving:latest"
"""Where docs/vertex.md pushes one's own image of TensorFlow Serving."""

MODEL = "network"
"""What TensorFlow Serving calls the model within its container."""

_HTTP_PORT, _GRPC_PORT = 8501, 8500
_PREBUILT = re.compile(r"(?:us|europe|asia)-docker\.pkg\.dev/(?:vertex-ai|.*?)/prediction/.+")
_REGION = re.compile(r"[a-z]+-[a-z]+\d+")
_MACHINE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_NAME = re.compile(r"[a-z][-a-z0-9]{0,38}[a-z0-9]")


@dataclass(frozen=True, kw_only=True)
class VertexSettings:
    """Where and on what an endpoint runs.

    Attributes:
        project: Cloud project that the endpoint is made in, and that pays.
        bucket: Cloud Storage bucket for the SavedModel; "gs://" may stand in front.
        region: Region of endpoint and model; Earth Engine is nearest to us-central1.
        machine_type: Of each machine.
        replicas: Machines at least, and at most; each costs by the hour.
        image: Container that serves the model; empty for one's own TensorFlow Serving in the
            project's Artifact Registry.
        payload_format: How Earth Engine sends tiles, one of `payload.FORMATS`.
        max_payload_bytes: Most bytes of a request.
        limit_s: Seconds after which waiting for one operation ends.
        first_wait_s: Seconds before an operation is asked for the second time.
        longest_wait_s: Most seconds between two questions; the wait grows by half each time.
        vertex_api: Base address of Vertex AI; {region} stands for the region.
        storage_api: Base address of Cloud Storage.
    """

    project: str
    bucket: str
    region: str = "us-central1"
    machine_type: str = "n1-standard-2"
    replicas: int = 1
    image: str = ""
    payload_format: str = payload.SERIALIZED
    max_payload_bytes: int = payload.DEFAULT_BYTES
    limit_s: float = 3600.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 20.0
    vertex_api: str = VERTEX_API
    storage_api: str = STORAGE_API

    def __post_init__(self) -> None:
        object.__setattr__(self, "project", check_project(self.project))
        object.__setattr__(self, "bucket", check_bucket_name(self.bucket))
        _check(_REGION, self.region, "region", "region", "us-central1")
        _check(_MACHINE, self.machine_type, "machine type", "machine_type", "n1-standard-2")
        within("replicas", self.replicas, 1, 20)
        within("max_payload_bytes", self.max_payload_bytes, 10_000, 10_000_000)
        one_of("payload format", self.payload_format, payload.FORMATS, field_name="payload_format")

    @property
    def base(self) -> str:
        """Address of everything of the project in the region."""
        return f"{self.api}/v1/{self.parent}"

    @property
    def api(self) -> str:
        """Base address of Vertex AI in the region."""
        return self.vertex_api.format(region=self.region).rstrip("/")

    @property
    def parent(self) -> str:
        """Resource name of the project in the region."""
        return f"projects/{self.project}/locations/{self.region}"

    @property
    def container(self) -> str:
        """Address of the image that serves the model."""
        return self.image or IMAGE.format(region=self.region, project=self.project)

    @property
    def is_prebuilt(self) -> bool:
        """Whether the image is one of Google's, which brings its own ports and routes."""
        return _PREBUILT.fullmatch(self.container) is not None

    def container_spec(self) -> dict[str, Any]:
        """What Vertex AI is told of the container (ModelContainerSpec)."""
        grpc = {"grpcPorts": [{"containerPort": _GRPC_PORT}]}
        if self.is_prebuilt:
            return {"imageUri": self.container, **grpc}
        return {
            "imageUri": self.container,
            "command": ["/usr/bin/tensorflow_model_server"],
            "args": [
                f"--rest_api_port={_HTTP_PORT}",
                f"--port={_GRPC_PORT}",
                f"--model_name={MODEL}",
                "--model_base_path=$(AIP_STORAGE_URI)",
            ],
            "ports": [{"containerPort": _HTTP_PORT}],
            "healthRoute": f"/v1/models/{MODEL}",
            "predictRoute": f"/v1/models/{MODEL}:predict",
            **grpc,
        }


def check_name(name: str) -> str:
    """Return a deployment's name, which labels and folders get too.

    Raises:
        PlanError: It has other letters than labels may have.
    """
    if not _NAME.fullmatch(name):
        raise PlanError(
            f"“{name}” cannot name a deployment.",
            hint="Use up to 40 lower-case letters, digits and hyphens, a letter first.",
            field="name",
        )
    return name


def _check(pattern: re.Pattern[str], value: str, words: str, field: str, example: str) -> None:
    if not pattern.fullmatch(value):
        raise PlanError(f"“{value}” is no {words}.", hint=f"An example: {example}.", field=field)
