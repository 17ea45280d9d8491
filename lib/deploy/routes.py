"""Ways in which a network reaches the map; light enough for pages to import."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """A way to run a network.

    Attributes:
        name: Name in `DeploymentPlan.route`.
        title: What a page calls it.
        words: What it does, in a sentence or two.
        needs: Names of the capabilities that a connection must have.
        families: Names of the families that it takes.
    """

    name: str
    title: str
    words: str
    needs: tuple[str, ...]
    families: tuple[str, ...]


ROUTES = {
    "native": Route(
        "native",
        "Earth Engine expression",
        "The network is written out as arithmetic on images and runs where the imagery is. "
        "It needs no endpoint, no bucket and no bill.",
        needs=(),
        families=("mlp", "softmax", "temporal_cnn", "lstm", "gru", "fcn"),
    ),
    "raster": Route(
        "raster",
        "Map as a file",
        "Predictors are fetched block by block and classified here, which every network can do. "
        "The map is a GeoTIFF with classes, probabilities and entropy.",
        needs=(),
        families=(
            "mlp",
            "softmax",
            "temporal_cnn",
            "lstm",
            "gru",
            "patch_cnn",
            "fcn",
            "unet",
        ),
    ),
}
"""Routes by name, the one to offer first at the front."""
