"""Write the network in the formats that a person takes away, and prove each against Keras."""

from dataclasses import asdict

from lib.core.split import make_split
from lib.deploy.bundle.make import make_bundle
from lib.deploy.bundle.units import units_of
from lib.earthengine import imagery
from lib.workflow.work.order import Order, Progress

FILE = "bundle.zip"
"""Name of the file in the folder of the result."""

_SIMULATED = (
    "Trained on a simulated planet, which is computed from noise. It knows no place on the Earth."
)


def run(order: Order, progress: Progress) -> None:
    """Make the bundle of the formats that the job names.

    Raises:
        DeploymentError: No format could be written, or none agrees with Keras.
    """
    samples, project = order.samples(), order.project
    on_table = project.labels.kind == "table" and project.aoi is None
    simulated = not on_table and imagery.plan_is_simulated(order.connection, project.imagery)

    def on_progress(share: float, words: str, seconds: float | None) -> None:
        progress.stop_if_cancelled()
        progress.report("Packing", words, share, seconds)

    with order.making() as making:
        found = make_bundle(
            order.before("train"),
            samples,
            make_split(samples, project.split),
            making.folder,
            formats=order.settings["formats"],
            units={} if project.labels.kind == "table" else units_of(project.imagery),
            notes=(_SIMULATED,) if simulated else (),
            on_progress=on_progress,
            check=progress.stop_if_cancelled,
        )
        making.summary = {
            "rows": [{**asdict(row), "passed": row.passed} for row in found.rows],
            "files": list(found.files),
            "size_bytes": found.path.stat().st_size,
            "simulated": simulated,
        }
