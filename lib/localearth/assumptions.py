"""Choices where Earth Engine's documents are silent: one place to switch each of them.

Every entry says what was chosen and why. `python -m lib check` can ask the live service; what it
answers replaces the choice here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lib.localearth.errors import EarthError


@dataclass(frozen=True)
class Assumption:
    """A named choice.

    Attributes:
        choice: What Local Earth does.
        options: What it could do instead, `choice` included.
        words: What the choice is about, and what speaks for it.
    """

    choice: str
    options: tuple[str, ...]
    words: str


_TABLE = {
    "scale_translation": Assumption(
        "origin",
        ("origin", "keep"),
        "A grid made from a scale alone has the CRS origin on a pixel corner (exporting guide); "
        "'keep' would keep the translation of the image's own transform.",
    ),
    "binary_projection": Assumption(
        "first_fixed",
        ("first_fixed", "first"),
        "A per-pixel operation takes the projection of its first operand that is not at the "
        "default of 1 degree; 'first' takes that of the first operand always.",
    ),
    "binary_properties": Assumption(
        "index",
        ("index", "none", "all"),
        "Arithmetic drops the properties of its operands except system:index of the first, which "
        "mapped collections need.",
    ),
    "constant_precision": Assumption(
        "float",
        ("float", "double"),
        "A plain number that is not whole, in arithmetic with a band of 16-bit integers or of "
        "float, gives float: a public error text shows Float<-0.2, 1.6022125> for "
        "uint16 * 0.0000275 - 0.2.",
    ),
    "update_mask": Assumption(
        "min",
        ("min", "replace", "product"),
        "updateMask gives the lesser of the old and the new mask; the guides say both 'and' and "
        "'replaced'.",
    ),
    "domain_errors": Assumption(
        "nan",
        ("nan", "mask"),
        "sqrt(-1) and log(0) stay NaN and -Infinity and count as valid.",
    ),
    "composite_mask": Assumption(
        "max",
        ("max",),
        "The mask of a collection's reduction is the greatest of its inputs' masks.",
    ),
    "mosaic_per_band": Assumption(
        "band",
        ("band",),
        "mosaic takes, band by band, the last image whose mask is above zero; nothing is blended.",
    ),
    "quality_tie": Assumption(
        "later",
        ("later", "earlier"),
        "Of equally good images qualityMosaic takes the later one.",
    ),
    "neighbour_offset_y": Assumption(
        "down",
        ("down", "up"),
        "Band input_x_y of neighborhoodToBands holds the pixel x columns to the right and y rows "
        "further down the grid, as a kernel's matrix is written.",
    ),
    "convolve_flip": Assumption(
        "correlate",
        ("correlate", "convolve"),
        "convolve lays the kernel on the pixels as it is printed, without turning it.",
    ),
    "convolve_masked": Assumption(
        "renormalise",
        ("renormalise", "propagate"),
        "Under a kernel without negative weights masked neighbours are left out and the others "
        "weigh more; under one with negative weights they mask the result.",
    ),
    "focal_fills": Assumption(
        "fill",
        ("fill", "keep"),
        "focal_* give a value wherever any pixel under the kernel is valid.",
    ),
    "coverage_cutoff": Assumption(
        "0.005",
        ("0.005", "0"),
        "Weighted reducers leave out pixels of which less than half a percent is inside.",
    ),
    "empty_region": Assumption(
        "null",
        ("null", "omit"),
        "A region without valid pixels gives null under the band's name (count and sum give 0).",
    ),
    "best_effort_step": Assumption(
        "2",
        ("2",),
        "bestEffort doubles the pixel size until the pixels fit.",
    ),
    "flat_aspect": Assumption(
        "0",
        ("0",),
        "Aspect is 0 where the ground is flat, and 0 is north.",
    ),
    "terrain_metres": Assumption(
        "cosine",
        ("cosine", "constant"),
        "A pixel of a geographic grid is narrower by the cosine of its latitude for slopes.",
    ),
    "connected_cap": Assumption(
        "maxSize",
        ("maxSize", "mask"),
        "connectedPixelCount answers maxSize for larger objects.",
    ),
    "visualize_rounding": Assumption(
        "round_255",
        ("round_255", "floor_256"),
        "A byte is 255 times the fraction, rounded; 'floor_256' would be floor(256 * fraction).",
    ),
    "forest_binary_probability": Assumption(
        "last",
        ("last", "max"),
        "PROBABILITY of a two-class forest is that of the greater class, of more classes that of "
        "the winner.",
    ),
    "prediction_bands": Assumption(
        "outputs",
        ("outputs", "merged"),
        "predictImage gives the model's output bands alone, as all published notebooks take it; "
        "the reference says that they are merged with the input's bands.",
    ),
    "nd_arrays_of_bands": Assumption(
        "last_axis",
        ("last_axis", "list"),
        "ND_ARRAYS has no names, so several inputs are joined along the last axis of one array; "
        "'list' would send them one after the other.",
    ),
    "scalar_tensor": Assumption(
        "one",
        ("one", "none"),
        "A number or text property is sent as a tensor of shape [1], as a plain band has a last "
        "axis of length 1; 'none' would be shape [].",
    ),
    "property_precision": Assumption(
        "float",
        ("float", "double"),
        "Numeric properties are sent as float unless inputTypeOverride says otherwise.",
    ),
    "composite_default_projection": Assumption(
        "always",
        ("always",),
        "A reduced collection is always at EPSG:4326 and 1 degree, whatever its images share.",
    ),
}

ASSUMPTIONS: Mapping[str, Assumption] = MappingProxyType(_TABLE)


def choice(name: str) -> str:
    """What Local Earth does about a question of the table."""
    return ASSUMPTIONS[name].choice


def check() -> None:
    """Refuse a table in which a choice is not among its options.

    Raises:
        EarthError: One is not.
    """
    for name, assumption in ASSUMPTIONS.items():
        if assumption.choice not in assumption.options:
            raise EarthError(f"Assumption {name} has no option '{assumption.choice}'.")


# Choices of reducers and values, by name (section 5.2 and 10 of the semantics, where unverified).

# A sum over no values.
EMPTY_SUM = 0
# Reducer.first takes the first input even where it is masked ("first" against "firstNonNull").
FIRST_TAKES_MASKED = True
# How a percentile lies between order statistics, in NumPy's words: "linear" or "nearest".
PERCENTILE_RULE = "linear"
# Which of equally frequent values is the mode: "smallest" or "first".
MODE_TIE = "smallest"
# What is taken off the fourth standardised moment: 3 for excess kurtosis, 0 for none.
KURTOSIS_EXCESS = 3.0
# Reducer.covariance divides by n minus this.
COVARIANCE_DEGREES_LOST = 1
# Whether elements that lack the key come first in an ascending sort.
NULLS_FIRST_IN_SORT = True
# Mean length of a year in Date.difference and Date.unitRatio, in days.
DAYS_PER_YEAR = 365.2425
# Accuracy of a class that no sample has.
ZERO_OVER_ZERO_ACCURACY = 0.0
# Kernel.gaussian is cut at this many sigmas where its radius is larger.
GAUSSIAN_REACH_SIGMAS = 2
# Greatest deviation of a buffer's outline, as a share of the distance, without an error margin.
BUFFER_ERROR_SHARE = 0.01
# Radius of the sphere of spherical distances in metres: the mean radius of WGS84.
SPHERE_RADIUS_M = 6371008.8
# P-value of kendallsCorrelation, of which the documents tell nothing.
KENDALL_P_VALUE = "normal approximation"
# Names of the three bands that Image.randomVisualizer puts before those of its input.
RANDOM_VISUALIZER_BANDS = ("viz-red", "viz-green", "viz-blue")
