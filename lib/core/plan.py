"""What a person decides on labels, samples, split and deployment: frozen parts of a project.

`lib.core.imagery_plan` and `lib.core.model_plan` hold the other two.

A plan holds settings only, no results, and survives a round trip through JSON. Checks that need
no service are made here, when a plan is built; what a collection has is checked by the steps.
"""

from dataclasses import dataclass, field

from lib.core.errors import PlanError
from lib.core.plan_checks import one_of, within

ALLOCATIONS = ("equal", "proportional", "square root", "by hand", "neyman")
SPLIT_KINDS = ("random", "simple", "blocks", "polygon", "column")
LABEL_KINDS = ("map", "features", "drawn", "table")
RESAMPLINGS = ("none", "under", "over", "smote")
WEIGHTINGS = ("balanced", "square root", "effective number")
AUGMENTATIONS = ("flips", "rotations", "brightness", "noise", "jitter", "missing dates")


@dataclass(frozen=True)
class DrawnLabel:
    """A point or polygon drawn on the map.

    Attributes:
        value: Value of its class in the legend.
        geometry: GeoJSON geometry as text.
    """

    value: int
    geometry: str


@dataclass(frozen=True)
class Remap:
    """A value of a label source that stands for a class of the legend."""

    value: int
    to: int


@dataclass(frozen=True)
class LabelPlan:
    """Where labels come from.

    Attributes:
        kind: "map" for a reference map, "features" for polygons or points of an asset, "drawn"
            for those drawn on the map, "table" for finished samples with predictors in a file.
        source: Earth Engine id of the map (image or collection) or of the features; for "table"
            the name of a file of the project.
        band: Label band of a reference map; empty for the others.
        class_property: Column that holds the class of a feature or a row; empty for maps.
        remap: Values of the source that stand for another class than the one of their number.
        drawn: What was drawn.
        group_property: Column whose values are never parted by the split "polygon"; empty for
            the polygons themselves.
        part_property: Column that says "training", "validation" or "test", for the split
            "column"; empty where there is none.
        predictor_columns: Columns of a table that are predictors, in order.
        lon_property: Column of a table with the longitude in degrees; may be empty.
        lat_property: Column of a table with the latitude in degrees; may be empty.
    """

    kind: str = "map"
    source: str = "ESA/WorldCover/v200"
    band: str = "Map"
    class_property: str = ""
    remap: tuple[Remap, ...] = ()
    drawn: tuple[DrawnLabel, ...] = ()
    group_property: str = ""
    part_property: str = ""
    predictor_columns: tuple[str, ...] = ()
    lon_property: str = ""
    lat_property: str = ""

    def __post_init__(self) -> None:
        one_of("label kind", self.kind, LABEL_KINDS, field_name="labels")


@dataclass(frozen=True)
class SamplingPlan:
    """How many samples are drawn, and how they are spread over the classes.

    Attributes:
        per_class: Samples asked for each class; with "proportional", their mean over classes.
        allocation: One of `ALLOCATIONS`: "proportional" and "square root" are of the mapped
            share of each class; "neyman" weighs the share by the spread of what is expected.
        class_weights: Whether training weighs classes by the inverse of their frequency.
        seed: Seed of the draw.
        counts: Samples of each class in the order of the legend, for "by hand".
        floor: Least samples asked of each class.
        min_distance_m: Least distance between two samples in metres; 0 for any.
        pure: Whether all eight neighbours of a sample must be of its class; points of features
            and drawings are kept, as they say nothing of their neighbours.
    """

    per_class: int = 400
    allocation: str = "equal"
    class_weights: bool = True
    seed: int = 0
    counts: tuple[int, ...] = ()
    floor: int = 0
    min_distance_m: float = 0.0
    pure: bool = False

    def __post_init__(self) -> None:
        one_of("allocation", self.allocation, ALLOCATIONS, field_name="allocation")
        within("floor", self.floor, 0, 20_000)
        within("min_distance_m", self.min_distance_m, 0.0, 100_000.0)
        if not 2 <= self.per_class <= 20_000:
            raise PlanError(
                f"{self.per_class:,} samples a class cannot be drawn.",
                hint="Ask for between 2 and 20,000.",
                field="per_class",
            )


@dataclass(frozen=True)
class BalancePlan:
    """What is done to the training set after the split, so that rare classes count.

    Attributes:
        resample: One of `RESAMPLINGS`: "under" to the smallest class, "over" to the largest by
            repetition, "smote" to the largest by interpolation (single pixels only).
        weighting: How class weights follow from counts: "balanced" is n / (k n_c), "square
            root" goes by 1 / sqrt(n_c), "effective number" is that of Cui et al. (2019).
        augment: Which of `AUGMENTATIONS` are applied to training samples, anew in every epoch.
        seed: Seed of the resampling.
    """

    resample: str = "none"
    weighting: str = "square root"
    augment: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        one_of("resampling", self.resample, RESAMPLINGS, field_name="resample")
        one_of("weighting", self.weighting, WEIGHTINGS, field_name="weighting")
        for name in self.augment:
            one_of("augmentation", name, AUGMENTATIONS, field_name="augment")


@dataclass(frozen=True)
class SplitPlan:
    """How samples are parted into training, validation and test set.

    Attributes:
        kind: "random" (stratified by class), "simple" (at random, whatever the class), "blocks"
            (spatial blocks), "polygon" (all samples of a polygon or group in one part) or
            "column" (as a column of the labels says).
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
        one_of("split", self.kind, SPLIT_KINDS, field_name="split")
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
class EndpointPlan:
    """Where and on what an endpoint of Vertex AI runs; its bucket and account check the rest.

    Attributes:
        bucket: Cloud Storage bucket for the network; "gs://" may stand in front.
        region: Region of the endpoint; Earth Engine is nearest to us-central1.
        machine_type: Of each machine.
        replicas: Number of machines; each costs by the hour.
        image: Container that serves the network; empty for one's own TensorFlow Serving.
    """

    bucket: str = ""
    region: str = "us-central1"
    machine_type: str = "n1-standard-2"
    replicas: int = 1
    image: str = ""


@dataclass(frozen=True)
class DeploymentPlan:
    """How a trained network reaches the map.

    Attributes:
        route: Name of a route in `lib.deploy.routes`.
        endpoint: Counts for the route "vertex" only.
    """

    route: str = "native"
    endpoint: EndpointPlan = EndpointPlan()


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
