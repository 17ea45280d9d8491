"""Sentinel-2 surface reflectance of the planet."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet import clouds, tiling
from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.noise import Floats, hash_number
from lib.localearth.planet.product import (
    UINT8,
    UINT16,
    UINT32,
    BandInfo,
    Part,
    PlanetSource,
    scene_image,
)
from lib.localearth.planet.scene import LazyProperties, Scene, Series, cloudiness, ring
from lib.localearth.planet.sensor import halve, seen_reflectance
from lib.localearth.planet.spectra import BANDS as SPECTRAL
from lib.localearth.planet.surface import Surface
from lib.localearth.planet.texture import pixel_noise
from lib.localearth.planet.view import View, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

F = np.float32
ASSET = "COPERNICUS/S2_SR_HARMONIZED"
QA60_GAP = (dt.date(2022, 1, 25), dt.date(2024, 2, 28))  # masked between baselines 04.00 and later
SIXTY = ("B1", "B9", "QA60", "MSK_CLASSI_OPAQUE", "MSK_CLASSI_CIRRUS", "MSK_CLASSI_SNOW_ICE")
TWENTY = ("B5", "B6", "B7", "B8A", "B11", "B12", "SCL", "MSK_CLDPRB", "MSK_SNWPRB", "QA20")


def _size(name: str) -> int:
    return 60 if name in SIXTY else 20 if name in TWENTY else 10


BANDS = (
    *(BandInfo(name, UINT16, _size(name)) for name in SPECTRAL),
    BandInfo("AOT", UINT16, 10), BandInfo("WVP", UINT16, 10), BandInfo("SCL", UINT8, 20),
    BandInfo("TCI_R", UINT8, 10), BandInfo("TCI_G", UINT8, 10), BandInfo("TCI_B", UINT8, 10),
    BandInfo("MSK_CLDPRB", UINT8, 20), BandInfo("MSK_SNWPRB", UINT8, 20),
    BandInfo("QA10", UINT16, 10), BandInfo("QA20", UINT32, 20), BandInfo("QA60", UINT16, 60),
    BandInfo("MSK_CLASSI_OPAQUE", UINT8, 60), BandInfo("MSK_CLASSI_CIRRUS", UINT8, 60),
    BandInfo("MSK_CLASSI_SNOW_ICE", UINT8, 60),
)  # fmt: skip
TCI_BAND = {"TCI_R": "B4", "TCI_G": "B3", "TCI_B": "B2"}

SCL_GROUPS = {
    6: ("clear_water", "turbid_water", "blue_water"),
    4: ("conifer", "broadleaf", "shrub", "grass", "crop_green", "wetland", "moss"),
    11: ("snow",),
}
TYPES = {band.name: band.type for band in BANDS}
TCI_WHITE = 3558  # digital number that the true colour image shows as white
NOISE_DN = 18.0  # standard deviation of the sensor's noise, digital numbers


class Sentinel2Source(PlanetSource):
    """Planes of one scene."""

    def __init__(self, scene: Scene) -> None:
        """Keep the scene."""
        super().__init__(BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Bands of 10 and 20 m come from one window, those of 60 m from another."""
        result: dict[str, Part] = {}
        for size in (10, 60):
            wanted = tuple(n for n in names if (n in SIXTY) == (size == 60))
            if wanted:
                result.update(self._sized(grid, wanted, size))
        return result

    def _sized(self, grid: Grid, names: tuple[str, ...], size: int) -> dict[str, Part]:
        lattice = Lattice(self.scene.crs, 0.0, 0.0, float(size))
        seen = view(grid, lattice, self.scene.bounds)
        if seen is None or not (inside := seen.inside(self.scene.bounds)).any():
            nothing = np.zeros((grid.height, grid.width), bool)
            return {name: (np.zeros(nothing.shape, np.uint16), nothing) for name in names}
        shot = Shot(self.scene, seen, names)
        masked = np.zeros_like(inside)
        return {
            name: (shot.band(name), masked if self._missing(name) else inside) for name in names
        }

    def _missing(self, name: str) -> bool:
        return name == "QA60" and QA60_GAP[0] <= self.scene.time.date() < QA60_GAP[1]


class Shot:
    """A scene's bands over one window."""

    def __init__(self, scene: Scene, seen: View, names: tuple[str, ...]) -> None:
        """Compute reflectance of the bands that are wanted."""
        self.scene, self.view = scene, seen
        self.window = seen.window
        self.halved = self.window.scale_m < 15
        self.sky = clouds.sky(self.window, scene.day, scene.sun)
        self.surface = Surface(self.window, scene.day_of_year)
        spectral = {TCI_BAND.get(name, name) for name in names}
        bands = tuple(band for band in SPECTRAL if band in spectral)
        planes = self.surface.reflectance(bands, scene.sun)
        self._numbers = {
            band: self._digital(seen_reflectance(plane, self.sky, band), band)
            for band, plane in zip(bands, planes, strict=True)
        }

    def band(self, name: str) -> NDArray[Any]:
        """A band on the request's grid."""
        if name in SPECTRAL:
            return self._place(self._numbers[name], name)
        if name in TCI_BAND:
            plane = self._numbers[TCI_BAND[name]].astype(np.float32) * F(255 / TCI_WHITE)
            return self._place(np.clip(np.rint(plane), 0, 255).astype(np.uint8), name)
        return self._place(self._quality(name), name)

    def _place(self, plane: NDArray[Any], name: str) -> NDArray[Any]:
        if name in TWENTY and self.halved:
            return self.view.take_halved(plane)
        return self.view.take(plane)

    def _sized(self, plane: Floats, name: str) -> Floats:
        """A plane at the pixel size of a band."""
        return halve(plane) if name in TWENTY and self.halved else plane

    def _digital(self, plane: Floats, name: str) -> NDArray[np.uint16]:
        plane = self._sized(plane, name) * F(10_000)
        noise = pixel_noise(
            self.window, hash_number(self.scene.day, SPECTRAL.index(name)),
            factor=self.window.height // len(plane),
        )  # fmt: skip
        noise *= F(NOISE_DN)
        plane += noise
        np.clip(plane, F(1), F(20_000), out=plane)
        return np.rint(plane, out=plane).astype(np.uint16)

    def _quality(self, name: str) -> NDArray[Any]:
        opacity = self._sized(self.sky.opacity, name)
        snow = self._sized(self.surface.inner(self.surface.snow), name)
        if name == "SCL":
            return self._classes()
        if name in ("AOT", "WVP"):
            return np.full(opacity.shape, _atmosphere(self.scene.day)[name], np.uint16)
        planes: dict[str, NDArray[Any]] = {
            "MSK_CLDPRB": np.rint(np.clip(opacity * F(140), 0, 100)),
            "MSK_SNWPRB": np.rint(snow * F(100)),
            "QA60": np.where(opacity > 0.6, 1024, np.where(opacity > clouds.OPAQUE, 2048, 0)),
            "MSK_CLASSI_OPAQUE": opacity > 0.6,
            "MSK_CLASSI_CIRRUS": (opacity > clouds.OPAQUE) & (opacity <= 0.6),
            "MSK_CLASSI_SNOW_ICE": snow > 0.5,
        }
        return planes.get(name, np.zeros(opacity.shape)).astype(TYPES[name].dtype)

    def _classes(self) -> NDArray[np.uint8]:
        """Scene classification by its published class numbers."""
        planes = [self._sized(self.surface.share(*group), "SCL") for group in SCL_GROUPS.values()]
        shares = np.stack(planes)
        shares = np.concatenate([shares, F(1) - shares.sum(axis=0, keepdims=True)])
        codes = np.array([*SCL_GROUPS, 5], np.uint8)  # the rest is not vegetated
        result: NDArray[np.uint8] = codes[np.argmax(shares, axis=0)]
        opacity = self._sized(self.sky.opacity, "SCL")
        result[self._sized(self.sky.shadow, "SCL") > 0.4] = 3
        for limit, value in ((0.15, 10), (clouds.OPAQUE, 8), (0.6, 9)):
            result[opacity > limit] = value
        return result


def _atmosphere(day: int) -> dict[str, int]:
    """Aerosol optical thickness (thousandths) and water vapour (thousandths of a cm) of a day."""
    return {"AOT": 60 + hash_number(day, 41) % 150, "WVP": 900 + hash_number(day, 42) % 1800}


def image(scene: Scene) -> Image:
    """The surface reflectance of a scene."""
    return scene_image(scene, Sentinel2Source(scene), ASSET, properties(scene))


def properties(scene: Scene) -> Mapping[str, Any]:
    """Properties of a scene, named as in the real collection."""
    sun, letter = scene.sun, scene.platform[-1]
    stamp = f"{scene.time:%Y%m%dT%H%M%S}"
    product = f"S2{letter}_MSIL2A_{stamp}_N0500_R{scene.orbit:03d}_T{scene.place}_{stamp}"
    plain = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:time_end": scene.start_ms, "system:footprint": ring(scene.footprint),
        "system:asset_size": 1_600_000_000,
        "MGRS_TILE": scene.place, "SPACECRAFT_NAME": scene.platform,
        "SENSING_ORBIT_NUMBER": scene.orbit, "SENSING_ORBIT_DIRECTION": "DESCENDING",
        "MEAN_SOLAR_ZENITH_ANGLE": sun.zenith, "MEAN_SOLAR_AZIMUTH_ANGLE": sun.azimuth,
        "PROCESSING_BASELINE": "05.00", "PRODUCT_ID": product,
        "GENERATION_TIME": scene.start_ms + 6 * 3_600_000,
        "DATASTRIP_ID": f"S2{letter}_OPER_MSI_L2A_DS_{stamp}",
        "GRANULE_ID": f"L2A_T{scene.place}_{stamp}",
        "DATATAKE_IDENTIFIER": f"GS2{letter}_{stamp}_N05.00",
        "NODATA_PIXEL_PERCENTAGE": 0.0, "GENERAL_QUALITY": "PASSED", "GEOMETRIC_QUALITY": "PASSED",
        "RADIOMETRIC_QUALITY": "PASSED", "SENSOR_QUALITY": "PASSED", "FORMAT_CORRECTNESS": "PASSED",
    }  # fmt: skip

    def cloudy() -> float:
        return round(cloudiness(scene.footprint, scene.day), 6)

    return LazyProperties(
        plain, {"CLOUDY_PIXEL_PERCENTAGE": cloudy, "CLOUD_COVERAGE_ASSESSMENT": cloudy}
    )


SERIES = Series(
    ASSET, dt.date(2017, 3, 28), tiling.list_scenes, tiling.find_scene, image,
    {"title": "Harmonized Sentinel-2 MSI: MultiSpectral Instrument, Level-2A (SR)"},
    tiling.least_scenes,
)  # fmt: skip
