"""The data sets that Loam knows, read from the TOML files beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "collections"


@dataclass(frozen=True)
class Band:
    """One band.

    Attributes:
        name: As the data set spells it.
        title: What it holds.
        common: Name shared by all sensors ("blue", "nir", …), or empty.
        scale: Physical value = stored value * scale + offset.
        offset: See scale.
        unit: Unit of the physical value, such as "reflectance", "dB", "m"; empty for none.
        resolution_m: Pixel size in metres.
        minimum: Least valid stored value, or None where the data set states none.
        maximum: Greatest valid stored value, or None.
        role: "data" for what a network may read, "quality" for masks and flags, "label" for
            classes, "picture" for ready-made colours.
    """

    name: str
    title: str
    common: str = ""
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""
    resolution_m: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    role: str = "data"


@dataclass(frozen=True)
class CloudMask:
    """Which pixels of a scene are kept; every condition that is given must hold.

    Attributes:
        band: The band that is asked.
        collection: Collection that has the band, linked to the scene by `system:index`; empty
            where the scene itself has it.
        at_least: Least value that is kept, or None.
        at_most: Greatest value that is kept, or None.
        zero_bits: Bits that must all be zero.
        zero_band: A second band that must be zero, or empty.
        values: The only values that are kept, or empty for all.
        source: Where this rule is from.
    """

    band: str
    collection: str = ""
    at_least: float | None = None
    at_most: float | None = None
    zero_bits: tuple[int, ...] = ()
    zero_band: str = ""
    values: tuple[int, ...] = ()
    source: str = ""

    @property
    def bit_mask(self) -> int:
        """The zero bits as one number for a bitwise and; 0 where there are none."""
        return sum(1 << bit for bit in self.zero_bits)


@dataclass(frozen=True)
class SceneFilter:
    """A condition on a scene's properties.

    Attributes:
        name: Name of the property.
        operator: "eq", "lt" or "listContains".
        value: What it is compared with.
    """

    name: str
    operator: str
    value: str | float


@dataclass(frozen=True)
class Visual:
    """How a picture of the data set is drawn.

    Attributes:
        bands: One band, or three for red, green and blue.
        min: Value drawn darkest.
        max: Value drawn brightest.
        palette: Colours "#rrggbb" for one band, or empty.
        scaled: Whether min and max are physical values instead of stored ones.
        gamma: Exponent of the brightness, 1 for none.
    """

    bands: tuple[str, ...]
    min: float
    max: float
    palette: tuple[str, ...] = ()
    scaled: bool = False
    gamma: float = 1.0


@dataclass(frozen=True)
class Collection:
    """One data set of Earth Engine.

    Attributes:
        id: Earth Engine id.
        code: A few letters that tell its bands from those of other data sets, such as "s1".
        title: What people call it.
        kind: "imagery", "labels", "elevation" or "clouds".
        type: "ImageCollection" or "Image".
        start: First day, ISO form.
        end: Day after the last, ISO form; empty while it grows.
        bands: All bands in the order of the data set.
        mask: Rule for clouds, or None.
        other_mask: Rule where the service lacks the collection that `mask` links to, or None.
        filters: Conditions that make scenes alike; applied always.
        cloud_property: Scene property with the share of clouds in percent, or empty.
        most_cloud_percent: Scenes above are left out when clouds are masked, or None.
        vis: How to draw it, or None.
        legend: Name of its legend in the catalogue, or None.
        label_band: Band that holds classes, or empty.
        cadence: "scenes", "year" for one image of each year, "once" where dates mean nothing.
        members: Ids of the collections that are merged under common band names, if it is no
            collection of Earth Engine itself.
        citation: How to cite it.
        licence: Its terms, in short.
        source: Page that states these facts.
    """

    id: str
    code: str
    title: str
    kind: str
    type: str
    start: str
    end: str
    bands: tuple[Band, ...]
    mask: CloudMask | None
    other_mask: CloudMask | None
    filters: tuple[SceneFilter, ...]
    cloud_property: str
    most_cloud_percent: float | None
    vis: Visual | None
    legend: str | None
    label_band: str
    cadence: str
    members: tuple[str, ...]
    citation: str
    licence: str
    source: str

    def band(self, name: str) -> Band | None:
        """Return the band of a name, or None."""
        return next((band for band in self.bands if band.name == name), None)

    def band_for(self, common: str) -> Band | None:
        """Return the band with a common name, or None."""
        return next((band for band in self.bands if common and band.common == common), None)

    @property
    def band_names(self) -> tuple[str, ...]:
        """Names of all bands."""
        return tuple(band.name for band in self.bands)

    @property
    def data_bands(self) -> tuple[Band, ...]:
        """Bands that a network may read."""
        return tuple(band for band in self.bands if band.role == "data")

    @property
    def can_mask(self) -> bool:
        """Whether clouds, shadows or noise at borders can be masked."""
        return self.mask is not None or any(c.can_mask for c in map(find, self.members) if c)

    @property
    def resolution_m(self) -> float:
        """Finest pixel size of the bands that hold data or classes, in metres."""
        return min(band.resolution_m for band in self.bands if band.role in ("data", "label"))


def find(collection_id: str) -> Collection | None:
    """Return the data set of an Earth Engine id, or None where the catalogue lacks it."""
    return _by_id().get(collection_id)


def search(text: str) -> tuple[Collection, ...]:
    """Return the data sets in which every word of a text occurs, best known first.

    Words are sought in id, title, short code, and names and titles of bands; capitals do not
    matter. An empty text finds all.
    """
    words = text.casefold().split()
    return tuple(c for c in all_collections() if all(word in _words_of(c) for word in words))


def all_collections() -> tuple[Collection, ...]:
    """Return every data set, in the order of the file names."""
    return tuple(_by_id().values())


def imagery_collections() -> tuple[Collection, ...]:
    """Return the data sets that a network may learn to read."""
    return _of_kind("imagery")


def label_collections() -> tuple[Collection, ...]:
    """Return the data sets that say what covers the land."""
    return _of_kind("labels")


def _of_kind(kind: str) -> tuple[Collection, ...]:
    return tuple(c for c in all_collections() if c.kind == kind)


@cache
def _words_of(collection: Collection) -> str:
    bands = (f"{band.name} {band.title} {band.common}" for band in collection.bands)
    about = (collection.id, collection.title, collection.code, collection.kind, *bands)
    return " ".join(about).casefold()


@cache
def _by_id() -> dict[str, Collection]:
    files = sorted(_FOLDER.glob("*.toml"))
    collections = [_read(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return {collection.id: collection for collection in collections}


def _read(facts: Mapping[str, Any]) -> Collection:
    known = {"bands", "mask", "other_mask", "filters", "vis", "default_resolution_m", "members"}
    defaults = {
        "end": "",
        "cloud_property": "",
        "most_cloud_percent": None,
        "legend": None,
        "label_band": "",
        "cadence": "scenes",
    }
    plain = {key: value for key, value in facts.items() if key not in known}
    resolution = facts.get("default_resolution_m", 0.0)
    return Collection(
        **{**defaults, **plain},
        bands=tuple(Band(**{"resolution_m": resolution, **band}) for band in facts["bands"]),
        mask=_tupled(CloudMask, facts["mask"]) if "mask" in facts else None,
        other_mask=_tupled(CloudMask, facts["other_mask"]) if "other_mask" in facts else None,
        members=tuple(facts.get("members", ())),
        filters=tuple(SceneFilter(**rule) for rule in facts.get("filters", ())),
        vis=_tupled(Visual, facts["vis"]) if "vis" in facts else None,
    )


def _tupled(kind: type[Any], facts: Mapping[str, Any]) -> Any:
    """Build a frozen part, lists as tuples."""
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()})
