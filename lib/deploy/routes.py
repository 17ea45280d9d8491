"""Ways in which a network reaches the map; light enough for pages to import."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lib.models.families import FAMILIES, find_family

WEIGHT_BYTES = 11
"""What a weight takes in an expression, measured; a request holds some 10 MB."""

_RECURRENT = ("lstm", "gru")


@dataclass(frozen=True)
class Route:
    """A way to run a network.

    Attributes:
        name: Name in `DeploymentPlan.route`.
        title: What a page calls it.
        words: What it does, in a sentence or two.
        needs: Names of the capabilities that a connection must have.
        families: Names of the families that it takes.
        cost: What it costs, in words.
        limits: What it cannot do, in words.
        time: How long it takes, in words.
    """

    name: str
    title: str
    words: str
    needs: tuple[str, ...]
    families: tuple[str, ...]
    cost: str
    limits: str
    time: str


@dataclass(frozen=True)
class Offer:
    """A route for one network and one connection.

    Attributes:
        route: The route.
        reason: Why it is none for them, in a sentence; empty where it fits.
    """

    route: Route
    reason: str

    @property
    def fits(self) -> bool:
        """Whether it can be taken."""
        return not self.reason


def _taking(route: str) -> tuple[str, ...]:
    """Names of the families that a route takes."""
    return tuple(family.name for family in FAMILIES.values() if route in family.routes)


def _by_name(*routes: Route) -> dict[str, Route]:
    return {route.name: route for route in routes}


ROUTES = _by_name(
    Route(
        "native",
        "Earth Engine expression",
        "The network is written out as arithmetic on images and runs where the imagery is. "
        "It needs no endpoint, no bucket and no bill.",
        needs=(),
        families=_taking("native"),
        cost="Nothing but Earth Engine's own computing time, of which a project has a share a "
        "month.",
        limits="No pooling across pixels. A request holds 10 MB, some 900,000 weights; a larger "
        "network keeps its weights in an asset. Recurrent networks and wide convolutions have not "
        "been seen on the live service.",
        time="Some seconds to write and to check; then the map is drawn as you look at it.",
    ),
    Route(
        "raster",
        "Map as a file",
        "Predictors are fetched block by block and classified here, which every network can do. "
        "The map is a GeoTIFF with classes, probabilities and entropy. On Local Earth it is an "
        "asset at once; elsewhere it is uploaded as one through a bucket.",
        needs=(),
        families=_taking("raster"),
        cost="Earth Engine's computing time for the predictors; disk and processor are this "
        "machine's.",
        limits="The area is fixed before it starts, and the disk must hold some bytes a pixel and "
        "class while it runs.",
        time="Some 10 seconds to make ready; then mostly as long as the predictors take to "
        "arrive. A job that was stopped goes on where it was.",
    ),
    Route(
        "vertex",
        "Vertex AI endpoint",
        "The network runs on a rented machine that Earth Engine asks while it draws the map. It "
        "has been tried against a stand-in only.",
        needs=("endpoints", "buckets"),
        families=_taking("vertex"),
        cost="A machine by the hour from its deployment until it is undeployed, asked or not; "
        "storage and Earth Engine's computing time come on top.",
        limits="A request holds 1.5 MB, so that tiles of many bands are small. It needs a billing "
        "account, a bucket and a container.",
        time="Some minutes to upload and half an hour at most until the machine answers.",
    ),
)
"""Routes by name, the one to offer first at the front."""

OTHERS = _by_name(
    Route(
        "bundle",
        "Bundle to take away",
        "The network as Keras file, SavedModel, TFLite and ONNX, each compared with Keras, with a "
        "model card and examples that run.",
        needs=(),
        families=_taking("bundle"),
        cost="Nothing.",
        limits="Predictors must be made as here; the input contract in the bundle says how.",
        time="Some 10 to 60 seconds, by format.",
    ),
    Route(
        "task",
        "Earth Engine task",
        "The expression's map is computed in Earth Engine's queue and becomes an asset, or files "
        "in Drive or Cloud Storage.",
        needs=(),
        families=_taking("native"),
        cost="Earth Engine's computing time, and storage where the map goes.",
        limits="As the expression; two tasks run at once, and one may take ten days.",
        time="Minutes to hours, in Earth Engine's queue.",
    ),
    Route(
        "tfrecord",
        "TFRecord round trip",
        "Patches are exported with their mixer file, classified here, and uploaded in the same "
        "order: the classic way for jobs of continental size.",
        needs=("buckets",),
        families=_taking("raster"),
        cost="Earth Engine's computing time, and Cloud Storage for patches and answers.",
        limits="Bucket and disk must hold all predictors; one job of this machine waits as long "
        "as the export does.",
        time="Minutes to days: the export waits in Earth Engine's queue, and so does what makes "
        "the asset.",
    ),
)
"""What can be done with a network beside or after a route, by name."""

_LACKING = {
    "endpoints": "it needs endpoints of Vertex AI, which this connection cannot ask. Connect to "
    "Earth Engine with a Google Cloud project.",
    "buckets": "it needs a bucket of Cloud Storage, which this connection cannot reach. Connect "
    "to Earth Engine with a Google Cloud project.",
}


def offers(family: str, can: Any, *, routes: Iterable[Route] | None = None) -> tuple[Offer, ...]:
    """Tell which routes fit a network and a connection, and why the others do not.

    Args:
        family: Name of the network's family.
        can: What the connection can do (`lib.earthengine.access.Capabilities`).
        routes: Routes to choose among; None for `ROUTES`.

    Returns:
        All of them in their order.

    Raises:
        ModelError: There is no such family.
    """
    title = find_family(family).title
    among = ROUTES.values() if routes is None else routes
    return tuple(Offer(route, _reason(route, family, title, can)) for route in among)


def default_route(family: str, can: Any, *, weights: int = 0) -> str:
    """Choose a route where nobody has: never one that is paid by the hour.

    The expression, unless its weights outgrow a request or the network is recurrent, which the
    live service has not been seen to run; then the map as a file.

    Args:
        family: Name of the network's family.
        can: As for `offers`.
        weights: Trainable weights of the network; 0 where that is not known.

    Raises:
        ModelError: There is no such family.
    """
    fitting = [offer.route.name for offer in offers(family, can) if offer.fits]
    too_large = weights * WEIGHT_BYTES > can.request_bytes
    if "native" in fitting and not too_large and family not in _RECURRENT:
        return "native"
    return "raster"


def _reason(route: Route, family: str, title: str, can: Any) -> str:
    if family not in route.families:
        return f"{route.title}: it has no form for {title}, which pools across pixels."
    lacking = [need for need in route.needs if not getattr(can, need)]
    return f"{route.title}: {_LACKING[lacking[0]]}" if lacking else ""
