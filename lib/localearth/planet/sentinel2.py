"""Sentinel-2 surface reflectance and Cloud Score+ of the planet."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet import clouds, tiling
from lib.localearth.planet.cover import WHOLE
from lib.localearth.planet.lattice import Lattice
from lib.localearth.planet.noise import Floats, hash_number
from lib.localearth.planet.optical import MATERIALS, composition, illumination, reflectance
from lib.localearth.planet.product import UINT8, UINT16, UINT32, BandInfo, Part, PlanetSource
from lib.localearth.planet.scene import LazyProperties, Scene, Series, cloudiness, ring
from lib.localearth.planet.sensor import halve, seen_reflectance
from lib.localearth.planet.spectra import BANDS as SPECTRAL
from lib.localearth.planet.texture import pixel_noise
from lib.localearth.planet.view import GROUNDS, View, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image
from lib.localearth.raster.projection import PixelType, Projection

F = np.float32
ASSET = "COPERNICUS/S2_SR_HARMONIZED"
SCORE_ASSET = "GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED"
QA60_GAP = (dt.date(2022, 1, 25), dt.date(2024, 2, 28))  # masked between baselines 04.00 and later
SIXTY = ("B1", "B9", "QA60", "MSK_CLASSI_OPAQUE", "MSK_CLASSI_CIRRUS", "MSK_CLASSI_SNOW_ICE")
TWENTY = ("B5", "B6", "B7", "B8A", "B11", "B12", "SCL", "MSK_CLDPRB", "MSK_SNWPRB", "QA20")

BANDS = (
    *(BandInfo(name, UINT16, 60 if name in SIXTY else 20 if name in TWENTY else 10) for name in SPECTRAL),
    BandInfo("AOT", UINT16, 10), BandInfo("WVP", UINT16, 10), BandInfo("SCL", UINT8, 20),
    BandInfo("TCI_R", UINT8, 10), BandInfo("TCI_G", UINT8, 10), BandInfo("TCI_B", UINT8, 10),
    BandInfo("MSK_CLDPRB", UINT8, 20), BandInfo("MSK_SNWPRB", UINT8, 20),
    BandInfo("QA10", UINT16, 10), BandInfo("QA20", UINT32, 20), BandInfo("QA60", UINT16, 60),
    BandInfo("MSK_CLASSI_OPAQUE", UINT8, 60), BandInfo("MSK_CLASSI_CIRRUS", UINT8, 60),
    BandInfo("MSK_CLASSI_SNOW_ICE", UINT8, 60),
)  # fmt: skip
UNIT_INTERVAL = PixelType("float", 0, 1)
SCORE_BANDS = (BandInfo("cs", UNIT_INTERVAL, 10), BandInfo("cs_cdf", UNIT_INTERVAL, 10))
TCI_BAND = {"TCI_R": "B4", "TCI_G": "B3", "TCI_B": "B2"}

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
        self.sky = clouds.sky(self.window, scene.day, scene.sun)
        self.ground = GROUNDS.get(self.window)
        self.halved = self.window.scale_m < 15
        spectral = {TCI_BAND.get(name, name) for name in names} & set(SPECTRAL)
        self.composition, self.snow = composition(self.ground, scene.day_of_year)
        self._numbers = self._reflect(tuple(b for b in SPECTRAL if b in spectral))

    def band(self, name: str) -> NDArray[Any]:
        """A band on the request's grid."""
        if name in SPECTRAL:
            return self._place(self._numbers[name], name)
        if name in TCI_BAND:
            plane = self._numbers[TCI_BAND[name]].astype(np.float32) * F(255 / 3558)
            return self._place(np.clip(np.rint(plane), 0, 255).astype(np.uint8), name)
        return self._place(self._quality(name), name)

    def _place(self, plane: NDArray[Any], name: str) -> NDArray[Any]:
        if name in TWENTY and self.halved:
            return self.view.take_halved(plane)
        return self.view.take(plane)

    def _reflect(self, bands: tuple[str, ...]) -> dict[str, NDArray[np.uint16]]:
        if not bands:
            return {}
        shape = self.window.shape
        light = illumination(self.ground, self.scene.sun.zenith, self.scene.sun.azimuth)
        planes = reflectance(self.ground, self.composition, bands).reshape(len(bands), *shape)
        return {
            name: self._digital(seen_reflectance(plane, light, self.sky, name), name)
            for name, plane in zip(bands, planes, strict=True)
        }

    def _digital(self, plane: Floats, name: str) -> NDArray[np.uint16]:
        if name in TWENTY and self.halved:
            plane = halve(plane)
        noise = pixel_noise(
            self.window, hash_number(self.scene.day, SPECTRAL.index(name)),
            factor=self.window.height // len(plane),
        )
        return np.clip(np.rint(plane * F(10_000) + noise * F(NOISE_DN)), 1, 20_000).astype(np.uint16)

    def _quality(self, name: str) -> NDArray[Any]:
        halved = name in TWENTY and self.halved
        opacity = halve(self.sky.opacity) if halved else self.sky.opacity
        if name == "SCL":
            return self._classes(halved)
        if name == "MSK_CLDPRB":
            return np.rint(np.clip(opacity * F(140), 0, 100)).astype(np.uint8)
        if name == "MSK_SNWPRB":
            return np.rint((halve(self.snow) if halved else self.snow) * F(100)).astype(np.uint8)
        if name == "QA60":
            return np.where(opacity > 0.6, 1024, np.where(opacity > 0.35, 2048, 0)).astype(np.uint16)
        if name == "MSK_CLASSI_OPAQUE":
            return (opacity > 0.6).astype(np.uint8)
        if name == "MSK_CLASSI_CIRRUS":
            return ((opacity > 0.35) & (opacity <= 0.6)).astype(np.uint8)
        if name == "MSK_CLASSI_SNOW_ICE":
            return (self.snow > 0.5).astype(np.uint8)
        number = {"AOT": 120 + hash_number(self.scene.day, 41) % 150, "WVP": 1200 + hash_number(self.scene.day, 42) % 1500}
        return np.full(opacity.shape, number.get(name, 0), np.uint32 if name == "QA20" else np.uint16)

    def _classes(self, halved: bool) -> NDArray[np.uint8]:
        """Scene classification by its published class numbers."""
        shape = self.window.shape
        groups = {
            6: ("clear_water", "turbid_water", "blue_water"),
            4: ("conifer", "broadleaf", "shrub", "grass", "crop_green", "wetland", "moss"),
            11: ("snow",),
        }
        scores = []
        total = F(0)
        for names in groups.values():
            plane = sum(self.composition[MATERIALS.index(n)] for n in names)
            plane = np.asarray(plane, np.float32).reshape(shape)
            scores.append(halve(plane) if halved else plane)
            total = total + scores[-1]
        scores.append(F(WHOLE) - total)
        best = np.argmax(np.stack(scores), axis=0)
        result = np.array([6, 4, 11, 5], np.uint8)[best]
        opacity, shadow = self.sky.opacity, self.sky.shadow
        if halved:
            opacity, shadow = halve(opacity), halve(shadow)
        result[shadow > 0.4] = 3
        for limit, value in ((0.15, 10), (0.35, 8), (0.6, 9)):
            result[opacity > limit] = value
        return result


class CloudScoreSource(PlanetSource):
    """Cloud Score+ of one scene."""

    def __init__(self, scene: Scene) -> None:
        """Keep the scene."""
        super().__init__(SCORE_BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Scores on a grid."""
        lattice = Lattice(self.scene.crs, 0.0, 0.0, 10.0)
        seen = view(grid, lattice, self.scene.bounds)
        if seen is None or not (inside := seen.inside(self.scene.bounds)).any():
            return None
        score = clouds.sky(seen.window, self.scene.day, self.scene.sun).score
        planes = {"cs": score * score * (F(3) - F(2) * score) * F(0.97), "cs_cdf": score * F(0.98)}
        return {name: (seen.take(planes[name]), inside) for name in names}


def _image(scene: Scene, source: PlanetSource, asset: str, properties: Mapping[str, Any]) -> Image:
    left, bottom, right, top = scene.bounds
    bands = tuple(
        Band(
            info.name, info.type, Projection(scene.crs, (info.scale_m, 0.0, left, 0.0, -info.scale_m, top)),
            source, index, (round((right - left) / info.scale_m), round((top - bottom) / info.scale_m)),
        )
        for index, info in enumerate(source.bands)
    )  # fmt: skip
    return Image(bands, properties, scene.geometry(), f"{asset}/{scene.index}")


def image(scene: Scene) -> Image:
    """The surface reflectance of a scene."""
    return _image(scene, Sentinel2Source(scene), ASSET, properties(scene))


def score_image(scene: Scene) -> Image:
    """The cloud score of a scene."""
    plain = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:time_end": scene.start_ms, "system:footprint": ring(scene.footprint),
        "MGRS_TILE": scene.place,
    }  # fmt: skip
    return _image(scene, CloudScoreSource(scene), SCORE_ASSET, plain)


def properties(scene: Scene) -> Mapping[str, Any]:
    """Properties of a scene, named as in the real collection."""
    sun = scene.sun
    stamp = f"{scene.time:%Y%m%dT%H%M%S}"
    plain = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:time_end": scene.start_ms, "system:footprint": ring(scene.footprint),
        "system:asset_size": 1_600_000_000,
        "MGRS_TILE": scene.place, "SPACECRAFT_NAME": scene.platform,
        "SENSING_ORBIT_NUMBER": scene.orbit, "SENSING_ORBIT_DIRECTION": "DESCENDING",
        "MEAN_SOLAR_ZENITH_ANGLE": sun.zenith, "MEAN_SOLAR_AZIMUTH_ANGLE": sun.azimuth,
        "PROCESSING_BASELINE": "05.00", "PRODUCT_ID": f"{scene.platform[0]}2{scene.platform[-1]}_MSIL2A_{stamp}_N0500_R{scene.orbit:03d}_T{scene.place}_{stamp}",
        "GENERATION_TIME": scene.start_ms + 6 * 3_600_000, "DATASTRIP_ID": f"S2{scene.platform[-1]}_OPER_MSI_L2A_DS_{stamp}",
        "GRANULE_ID": f"L2A_T{scene.place}_{stamp}", "DATATAKE_IDENTIFIER": f"GS2{scene.platform[-1]}_{stamp}_N05.00",
        "NODATA_PIXEL_PERCENTAGE": 0.0, "GENERAL_QUALITY": "PASSED", "GEOMETRIC_QUALITY": "PASSED",
        "RADIOMETRIC_QUALITY": "PASSED", "SENSOR_QUALITY": "PASSED", "FORMAT_CORRECTNESS": "PASSED",
    }  # fmt: skip
    percent = {"CLOUDY_PIXEL_PERCENTAGE", "CLOUD_COVERAGE_ASSESSMENT"}
    return LazyProperties(
        plain, {name: lambda: round(cloudiness(scene.footprint, scene.day), 6) for name in percent}
    )


SERIES = Series(
    ASSET, dt.date(2017, 3, 28), tiling.list_scenes, tiling.find_scene, image,
    {"title": "Harmonized Sentinel-2 MSI: MultiSpectral Instrument, Level-2A (SR)"},
)  # fmt: skip
SCORE_SERIES = Series(
    SCORE_ASSET, dt.date(2015, 6, 27), tiling.list_scenes, tiling.find_scene, score_image,
    {"title": "Cloud Score+ S2_HARMONIZED V1"},
)  # fmt: skip
