"""What code is written of: a project with all that its settings leave to be looked up."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.errors import PlanError
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.earthengine import connection as connections
from lib.earthengine import imagery
from lib.earthengine import labels as label_sources
from lib.earthengine.assets import asset_facts
from lib.earthengine.connection import Connection
from lib.earthengine.scenes import main_source
from lib.earthengine.stack import predictor_names
from lib.models.artifact import Artifact
from lib.workflow.document import Project
from lib.workflow.workspace import Workspace


@dataclass(frozen=True)
class Subject:
    """A project with what code about it needs to know.

    Attributes:
        project: Its settings.
        aoi: Its area.
        connection: For which service the code is written.
        legend: Classes: the network's where there is one.
        artifact: Folder of the trained network; None where code is to train its own.
    """

    project: Project
    aoi: Aoi
    connection: Connection
    legend: Legend
    artifact: Path | None = None

    @property
    def imagery(self) -> ImageryPlan:
        """Which pixels the network sees."""
        return self.project.imagery

    @property
    def model(self) -> ModelPlan:
        """Which network; of a trained one, what it was trained with."""
        return Artifact.load(self.artifact).card.plan if self.artifact else self.project.model

    @property
    def names(self) -> tuple[str, ...]:
        """Predictors in order, of one moment."""
        return predictor_names(self.imagery)

    @property
    def local(self) -> bool:
        """Whether the code is for Local Earth."""
        return self.connection.kind == "local"

    @property
    def simulated(self) -> bool:
        """Whether the imagery is the simulated planet's."""
        return imagery.plan_is_simulated(self.connection, self.imagery)

    def grid(self) -> Grid:
        """The training grid.

        Raises:
            AppError: The service does not have the raster whose grid it is.
        """
        return imagery.training_grid(self.connection, self.imagery, self.aoi)

    def is_image(self, source: SourcePlan) -> bool:
        """Whether a source is one image."""
        known = find(source.collection)
        if known:
            return known.type == "Image"
        return not self.imagery.start or asset_facts(self.connection, source.collection).is_image

    def sources(self) -> tuple[SourcePlan, ...]:
        """The main collection and the further data sets."""
        return (main_source(self.imagery), *self.imagery.sources)


def subject_of(
    source: Workspace | Project,
    artifact_dir: Path | None = None,
    *,
    connection: Connection | None = None,
) -> Subject:
    """Look up what a project leaves open.

    Args:
        source: An open project, or a document.
        artifact_dir: Folder of the trained network that the code uses; None for none.
        connection: Service that the code is for; that of the workspace, else Local Earth, where
            left out.

    Raises:
        AppError: There is no area, or the classes cannot be told.
    """
    project = source.project if isinstance(source, Workspace) else source
    if isinstance(source, Workspace):
        used = connection or source.connection
    else:
        used = connection or connections.local()
    if project.aoi is None:
        raise cannot("no area is chosen", hint="Choose one on the page “Imagery”.", field="aoi")
    if artifact_dir:
        legend = Artifact.load(artifact_dir).card.legend
    else:
        legend = project.legend or label_sources.default_legend(used, project.labels)
    return Subject(project, project.aoi, used, legend, artifact_dir)


def cannot(why: str, *, hint: str = "", field: str = "") -> PlanError:
    """The error for a setting that the code cannot express."""
    return PlanError(f"This cannot be written as code: {why}.", hint=hint, field=field)


def listed(names: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names)
