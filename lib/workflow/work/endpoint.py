"""The network on an endpoint of Vertex AI: made, proven, and taken down again."""

import shutil
from dataclasses import replace
from typing import Any

from lib.core.errors import DeploymentError, PlanError
from lib.core.samples import SampleSet
from lib.core.split import make_split
from lib.deploy.agreement import inputs_of, probes_of
from lib.deploy.parity import Parity
from lib.deploy.vertex import deploy, proof, teardown
from lib.deploy.vertex.asking import prove_endpoint
from lib.deploy.vertex.expression import vertex_expression
from lib.deploy.vertex.ledger import VertexDeployment
from lib.deploy.vertex.savedmodel import export_network
from lib.deploy.vertex.settings import VertexSettings
from lib.earthengine import imagery
from lib.models.artifact import Artifact
from lib.workflow import endpoints, store
from lib.workflow.endpoints import Record
from lib.workflow.work.order import Making, Order, Progress
from lib.workflow.work.samples import require_aoi

EXPORT = "savedmodel"
"""Folder of the export in the folder of the result."""

_EXPORTED, _PROVEN, _DEPLOYED, _ASKED = 0.05, 0.1, 0.85, 0.95


def run(order: Order, samples: SampleSet, making: Making, progress: Progress) -> dict[str, Any]:
    """Export the network, put it on an endpoint, and keep the images that ask it.

    Raises:
        PlanError: The connection cannot, or a setting is impossible.
        DeploymentError: SavedModel or endpoint answers otherwise than Keras.
        ServiceError: Google refused a step, in a sentence with what to do.
    """
    connection, plan = order.connection, order.project.deployment.endpoint
    if not connection.can.endpoints:
        raise PlanError(
            f"{connection.label} has no account for Vertex AI.",
            hint="Sign in to Earth Engine, or choose another route.",
            field="route",
        )
    settings = endpoints.settings_of(connection, plan)
    progress.report("Preparing", "Asking for bucket and region", 0.0)
    deploy.check_access(connection, settings)
    probes = _probes(order, samples)
    folder = making.folder / EXPORT
    _export(order, settings, making, progress)
    _require(proof.prove(order.before("train"), folder, *probes), "The SavedModel")
    progress.stop_if_cancelled()
    made = deploy.deploy(
        connection,
        folder,
        settings,
        on_made=lambda ledger: endpoints.keep(_record(order, ledger)),
        on_progress=lambda share, words: progress.report(
            "Deploying", words, _PROVEN + (_DEPLOYED - _PROVEN) * share
        ),
        should_stop=progress.cancelled,
    )

    def on_answer(done: int, every: int) -> None:
        progress.stop_if_cancelled()
        share = _DEPLOYED + (_ASKED - _DEPLOYED) * done / every
        progress.report("Checking", "Comparing the endpoint with Keras", share)

    found = prove_endpoint(
        connection, made, settings, order.before("train"), *probes, on_progress=on_answer
    )
    _require(found, "The endpoint")
    _keep_images(order, made, making)
    return _summary(made, found)


def take_down(order: Order, progress: Progress) -> None:
    """Undeploy and delete everything of a deployment that the job names.

    Raises:
        DeploymentError: There is no such deployment, it belongs to another connection, or
            something could not be removed.
    """
    record = endpoints.find(order.settings["name"])
    if record.realm != order.realm:
        raise DeploymentError(
            f"The endpoint was made with {record.label}.", hint="Sign in there to take it down."
        )
    settings = endpoints.settings_of(order.connection, record.plan)
    found = teardown.tear_down(
        order.connection,
        record.deployment,
        settings,
        on_progress=lambda share, words: progress.report("Taking down", words, share),
    )
    _mark_results(order, record)
    if found.left:
        endpoints.keep(replace(record, left=found.words))
        raise DeploymentError(found.words, hint="Press “Take it down” again in a while.")
    endpoints.forget(record.deployment.name)
    progress.report("Taken down", found.words, 1.0)


def _probes(order: Order, samples: SampleSet) -> tuple[Any, Any]:
    """Samples to compare, in the order of the network's predictors, and where they are observed."""
    artifact = Artifact.load(order.before("train"))
    indices = probes_of(make_split(samples, order.project.split)).indices
    return inputs_of(samples, indices, artifact.inputs_of(samples))


def _export(order: Order, settings: VertexSettings, making: Making, progress: Progress) -> None:
    progress.report("Exporting", "Writing the network as a SavedModel", _EXPORTED)
    aoi = require_aoi(order)
    shutil.rmtree(making.folder / EXPORT, ignore_errors=True)
    export_network(
        order.before("train"),
        making.folder / EXPORT,
        grid=imagery.training_grid(order.connection, order.project.imagery, aoi),
        payload_format=settings.payload_format,
        max_payload_bytes=settings.max_payload_bytes,
    )
    progress.report("Exporting", "Comparing the SavedModel with Keras", _PROVEN)


def _require(found: Parity, what: str) -> None:
    if not found.passed:
        raise DeploymentError(
            f"{what} differs from the network by {found.max_abs_difference:.2g}; up to "
            f"{found.bound:.2g} is allowed. It is not handed over.",
            hint="Take down what runs, and look at the container's TensorFlow version.",
        )


def _record(order: Order, ledger: VertexDeployment) -> Record:
    return Record(
        workspace=order.root.name,
        realm=order.realm,
        label=order.connection.label,
        plan=order.project.deployment.endpoint,
        deployment=ledger,
    )


def _keep_images(order: Order, made: VertexDeployment, making: Making) -> None:
    """Keep the images that ask the endpoint, for maps."""
    aoi = require_aoi(order)
    predictors = imagery.predictors(order.connection, order.project.imagery, aoi)
    for output, file in (("probabilities", "probabilities"), ("class", "classes")):
        image = vertex_expression(order.connection, made, predictors, output)
        store.write_text(making.folder / f"{file}.json", image.to_json())


def _summary(made: VertexDeployment, found: Parity) -> dict[str, Any]:
    tile = made.contract.tile
    return {
        "size_bytes": 0,
        "limit_bytes": 0,
        "forms": [f"tiles of {tile} x {tile} pixels", made.contract.payload_format],
        "seen_live": False,
        "advice": "",
        "endpoint": made.name,
        "max_abs_difference": found.max_abs_difference,
        "mean_abs_difference": found.mean_abs_difference,
        "equal_classes": found.equal_classes,
        "bound": found.bound,
        "pixels": found.pixels,
        "masked_pixels": found.masked_pixels,
    }


def _mark_results(order: Order, record: Record) -> None:
    """Note in the deployments that asked this endpoint that it answers no more."""
    root = store.project_folder(record.workspace)
    for found in store.find_all(root, order.project, order.realm, "deploy"):
        if found.summary.get("endpoint") == record.deployment.name:
            for name in ("classes.json", "probabilities.json"):
                (found.folder / name).unlink(missing_ok=True)
            store.finish(found.folder, found.made_of, {**found.summary, "down": True})
