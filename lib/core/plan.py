"""What a person decides, step by step: the frozen parts of which a project is made.

A plan holds settings only, no results, and survives a round trip through JSON. Checks that need
no service are made here, when a plan is built; what a collection has is checked by the steps.
"""

from dataclasses import dataclass, field
from datetime import date

from lib.core.errors import DateError, PlanError

ALLOCATIONS = ("equal", "proportional")
SPLIT_KINDS = ("random", "blocks", "polygon")
LABEL_KINDS = ("map", "features")


@dataclass(frozen=True)
class ImageryPlan:
    """Which pixels a network sees.

    Attributes:
        collection: Earth Engine id of an image collection, or of an image (own rasters).
        start: First day, ISO form, inclusive; empty for a single image.
        end: Day after the last, ISO form, exclusive; empty for a single image.
        mask_clouds: Whether the catalogue's cloud mask of the collection is applied.
        composite: How scenes become one image; "median".
        bands: Band names as the collection spells them, in predictor order.
        indices: Names of spectral indices of the catalogue, appended after the bands.
        scale_m: Pixel size of the training grid in metres.
    """

    collection: str = "COPERNICUS/S2_SR_HARMONIZED"
    start: str = "2021-06-01"
    end: str = "2021-09-01"
    mask_clouds: bool = True
    composite: str = "median"
    bands: tuple[str, ...] = ("B2", "B3", "B4", "B8", "B11", "B12")
    indices: tuple[str, ...] = ("NDVI", "NDWI")
    scale_m: float = 10.0

    def __post_init__(self) -> None:
        if not self.bands:
            raise PlanError("No bands are chosen.", hint="Choose at least one band.", field="bands")
        if not 0 < self.scale_m <= 10_000:
            raise PlanError(
                f"A pixel size of {self.scale_m:g} m cannot be used.",
                hint="Give one between 0.1 and 10,000 m.",
                field="scale_m",
            )
        if self.start or self.end:
            start, end = parse_day(self.start), parse_day(self.end)
            if end <= start:
                raise DateError(
                    f"The dates run backwards: from {self.start} to {self.end}.",
                    hint="Choose a last day after the first.",
                    field="dates",
                )


@dataclass(frozen=True)
class LabelPlan:
    """Where labels come from.

    Attributes:
        kind: "map" for a reference map, "features" for polygons or points with classes.
        source: Earth Engine id of the map (image or collection) or of the table.
        band: Label band of a reference map; empty for features.
        class_property: Column that holds the class of a feature; empty for maps.
    """

    kind: str = "map"
    source: str = "ESA/WorldCover/v200"
    band: str = "Map"
    class_property: str = ""

    def __post_init__(self) -> None:
        _one_of("label kind", self.kind, LABEL_KINDS, field_name="labels")


@dataclass(frozen=True)
class SamplingPlan:
    """How many samples are drawn, and how they are spread over the classes.

    Attributes:
        per_class: Samples asked for each class; with "proportional", their mean over classes.
        allocation: "equal" or "proportional" (to the mapped share of each class).
        class_weights: Whether training weighs classes by the inverse of their frequency.
        seed: Seed of the draw.
    """

    per_class: int = 400
    allocation: str = "equal"
    class_weights: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        _one_of("allocation", self.allocation, ALLOCATIONS, field_name="allocation")
        if not 2 <= self.per_class <= 20_000:
            raise PlanError(
                f"{self.per_class:,} samples a class cannot be drawn.",
                hint="Ask for between 2 and 20,000.",
                field="per_class",
            )


@dataclass(frozen=True)
class SplitPlan:
    """How samples are parted into training, validation and test set.

    Attributes:
        kind: "random" (stratified by class), "blocks" (spatial blocks) or "polygon" (all samples
            of a polygon in one part).
        validation: Share of the samples in the validation set.
        test: Share of the samples in the test set.
        block_size_m: Side of a spatial block in metres.
        seed: Seed of the split.
    """

    kind: str = "blocks"
    validation: float = 0.15
    test: float = 0.25
    block_size_m: float = 1000.0
    seed: int = 0

    def __post_init__(self) -> None:
        _one_of("split", self.kind, SPLIT_KINDS, field_name="split")
        if not (
            0 < self.validation < 1 and 0 < self.test < 1 and self.validation + self.test < 0.9
        ):
            raise PlanError(
                f"Shares of {self.validation:g} for validation and {self.test:g} for the test "
                "leave too little to train on.",
                hint="Keep both above 0 and their sum below 0.9.",
                field="split",
            )


@dataclass(frozen=True)
class ModelPlan:
    """Which network is trained, and how.

    Attributes:
        family: Name of a family in `lib.models.families`.
        hidden_units: Width of each hidden layer.
        dropout: Share of hidden activations dropped in training, 0 to 0.9.
        learning_rate: Step size of Adam at the start.
        batch_size: Samples in a gradient step.
        epochs: Most passes over the training set.
        patience: Epochs without a better validation loss before training stops.
        forest_trees: Trees of the random forest that is trained beside the network.
        seed: Seed of weights, dropout and the order of samples.
    """

    family: str = "mlp"
    hidden_units: tuple[int, ...] = (64, 64)
    dropout: float = 0.1
    learning_rate: float = 0.002
    batch_size: int = 32
    epochs: int = 100
    patience: int = 15
    forest_trees: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        _within("dropout", self.dropout, 0.0, 0.9)
        _within("learning_rate", self.learning_rate, 1e-6, 1.0)
        _within("batch_size", self.batch_size, 1, 65_536)
        _within("epochs", self.epochs, 1, 2_000)
        _within("patience", self.patience, 1, 2_000)
        _within("forest_trees", self.forest_trees, 1, 1_000)
        for width in self.hidden_units:
            _within("hidden_units", width, 1, 2_048)
        if len(self.hidden_units) > 8:
            raise PlanError(
                f"{len(self.hidden_units)} hidden layers are too many.",
                hint="Use at most 8.",
                field="hidden_units",
            )


@dataclass(frozen=True)
class DeploymentPlan:
    """How a trained network reaches the map.

    Attributes:
        route: Name of a route in `lib.deploy.routes`.
    """

    route: str = "native"


@dataclass(frozen=True)
class FileRef:
    """A file that a project was made with.

    Attributes:
        path: Where it was, relative to the project file; may begin with "${LOAM_DATA}/".
        sha256: Its digest in hexadecimal.
        asset: Name of the Local Earth asset it becomes, such as "para".
        note: What it is, for the message when it is missing.
    """

    path: str
    sha256: str
    asset: str
    note: str = field(default="")


def parse_day(text: str) -> date:
    """Read an ISO day such as "2024-05-01".

    Raises:
        DateError: The text is no day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DateError(
            f"“{text}” is no date.", hint="Write it as 2024-05-01.", field="dates"
        ) from None


def _one_of(what: str, value: str, allowed: tuple[str, ...], *, field_name: str) -> None:
    if value not in allowed:
        raise PlanError(
            f"Unknown {what} “{value}”.", hint=f"Use one of {', '.join(allowed)}.", field=field_name
        )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise PlanError(
            f"{name.replace('_', ' ').capitalize()} is {value:g}.",
            hint=f"Keep it between {low:g} and {high:g}.",
            field=name,
        )
