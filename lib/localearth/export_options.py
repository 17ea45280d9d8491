"""How the files of an image's export are written: what formatOptions become."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.localearth.errors import EarthError, NotImplementedHere


def unwrapped(value: Any) -> Any:
    """The value of a wrapped number such as {"value": "100"}, or the number itself."""
    return value.get("value") if isinstance(value, Mapping) else value


def whole(value: Any, name: str, default: int, least: int = 1) -> int:
    """A whole number that a request gives as a number or as text.

    Raises:
        EarthError: It is none, or too small.
    """
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        number = least - 1
    if number < least:
        raise EarthError(f"Invalid value for '{name}': {str(value)[:50]}.")
    return number


def _size(options: Mapping[str, Any], name: str, default: int, least: int = 1) -> tuple[int, int]:
    size = options.get(name) or {}
    if not isinstance(size, Mapping):
        raise EarthError(f"Invalid value for '{name}'.")
    width, height = (whole(size.get(side), name, default, least) for side in ("width", "height"))
    return width, height


@dataclass(frozen=True)
class GeoTiffOptions:
    """How GeoTIFFs of an export are written.

    Attributes:
        cloud_optimized: Whether they are COGs.
        no_data: What masked pixels become and the file names as no-data, or None.
        file_size: Width and height of the files that an export is cut into; 0 for one file.
        skip_empty: Whether files without a valid pixel are left out.
    """

    cloud_optimized: bool
    no_data: float | None
    file_size: tuple[int, int]
    skip_empty: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "GeoTiffOptions":
        """Read them from the options of a file export."""
        given = options.get("geoTiffOptions") or {}
        no_data = given.get("noData")
        value = no_data.get("floatValue", no_data.get("integerValue")) if no_data else None
        if given.get("metadataKeys"):
            raise NotImplementedHere("Local Earth does not implement metadataKeys.")
        return cls(
            bool(given.get("cloudOptimized")),
            None if value is None else float(value),
            _size(given, "tileDimensions", 0, least=0),
            bool(given.get("skipEmptyFiles")),
        )


@dataclass(frozen=True)
class PatchOptions:
    """How TFRecord patches of an export are written.

    Attributes:
        patch: Width and height of what patches cover without overlap.
        margin: By how much patches are wider and higher than that.
        compress: Whether files are GZIP files.
        max_bytes: Of a file before it is compressed.
        default: What masked pixels become.
        depths: How many values each pixel of an array-valued band has.
        sequences: Whether each pixel becomes a SequenceExample.
        collapse: Whether all bands become one tensor.
        max_masked: Share of masked pixels above which a patch is dropped.
    """

    patch: tuple[int, int]
    margin: tuple[int, int]
    compress: bool
    max_bytes: int
    default: float
    depths: Mapping[str, int]
    sequences: bool
    collapse: bool
    max_masked: float

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "PatchOptions":
        """Read them from the options of a file export."""
        given = options.get("tfRecordOptions") or {}
        masked = unwrapped(given.get("maxMaskedRatio"))
        depths = given.get("tensorDepths") or {}
        return cls(
            _size(given, "tileDimensions", 256),
            _size(given, "marginDimensions", 0, least=0),
            bool(given.get("compress")),
            whole(unwrapped(given.get("maxSizeBytes")), "maxSizeBytes", 2**30),
            float(given.get("defaultValue") or 0.0),
            {band: whole(depth, "tensorDepths", 1) for band, depth in depths.items()},
            bool(given.get("sequenceData")),
            bool(given.get("collapseBands")),
            1.0 if masked is None else float(masked),
        )
