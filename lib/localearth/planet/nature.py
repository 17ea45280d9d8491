"""Waters and what people did not make: ice, shores, gravel, wetlands, rock, heights."""

import numpy as np

from lib.localearth.planet.bricks import coverage
from lib.localearth.planet.cover import Cover, Layers
from lib.localearth.planet.noise import Floats, left_out, smooth
from lib.localearth.planet.site import Site

F = np.float32
SLOPE_SPREAD = 0.30  # standard deviation of slopes in mountains, where pixels do not show them


def lay_waters(site: Site, layers: Layers) -> None:
    """Lay sea, lakes, rivers and tributaries."""
    blur_sea = 0.004 + 1.5 * left_out(site.points.finest, 5, 18, gain=0.56)
    blur_lake = 0.012 + 1.5 * left_out(site.points.finest, 11, 18, gain=0.42)
    here = site.relief
    sea = smooth(blur_sea, -blur_sea, here.land)
    lake = smooth(-blur_lake, blur_lake, here.lake)
    on_land = smooth(0.0, 0.02, here.land)
    broad = F(30) + F(55) * smooth(-1.5, 1.5, site.fractal(8, 11, 0.7, seed=600))
    river = coverage(site.river_m, broad * F(0.5), site.scale) * on_land
    brook = coverage(site.brook_m, 5.0, site.scale) * on_land * smooth(0.35, 0.15, site.steep)
    murk = smooth(-0.6, 2.0, site.fractal(7, 11, 0.6, seed=620))
    shallow = smooth(0.10, 0.0, -here.land) * F(0.5) + smooth(0.10, 0.0, here.lake) * F(0.25)
    turbid: Floats = np.clip(murk * F(0.5) + shallow * murk, F(0.02), F(0.8))
    deep = smooth(0.02, 0.45, -here.land) + F(0.6) * (F(1) - murk)
    blue: Floats = np.clip(deep, F(0.1), F(1)) * (F(1) - turbid)
    still = np.maximum(sea, lake)
    layers.mix(still, {
        Cover.TURBID_WATER: turbid, Cover.BLUE_WATER: blue, Cover.CLEAR_WATER: F(1) - turbid - blue,
    })  # fmt: skip
    flow = F(0.35) + F(0.4) * murk
    layers.mix(river, {
        Cover.TURBID_WATER: flow, Cover.BLUE_WATER: F(0.35), Cover.CLEAR_WATER: F(0.65) - flow,
    })  # fmt: skip
    layers.lay(Cover.CLEAR_WATER, brook)


def lay_shores(site: Site, layers: Layers) -> None:
    """Lay ice, gravel bars, beaches, wetlands and the trees along rivers."""
    here, wild = site.relief, site.wild
    beach = smooth(0.014, 0.0, here.land) * smooth(-0.4, 0.6, wild) * smooth(62.0, 55.0, site.cold)
    layers.lay(Cover.BARE, beach * F(0.85))
    braided = smooth(-0.4, 0.8, site.fractal(8, 11, 0.7, seed=640)) + here.mountain
    bars = smooth(75.0, 30.0, site.river_m) * smooth(0.55, 1.1, wild) * braided
    layers.lay(Cover.BARE, np.minimum(bars, F(0.75)))
    moist = site.fractal(10, 13, 0.7, seed=650)
    wet = F(0.85) * smooth(520.0, 60.0, site.river_m) + F(1.0) * smooth(-0.32, -0.02, here.lake)
    wet += F(0.45) * moist + F(0.30) * wild - F(6.0) * site.steep - F(0.8) * site.arid
    marsh = smooth(1.02, 1.16, wet) * smooth(70.0, 64.0, site.cold)
    layers.lay(Cover.WETLAND, marsh * F(0.95))
    humid = smooth(0.8, 0.4, site.arid) * smooth(60.0, 57.0, site.cold)
    along = smooth(150.0, 45.0, site.river_m) * smooth(-0.3, 0.2, wild)
    along = np.maximum(along, smooth(26.0, 10.0, site.brook_m) * smooth(-0.5, 0.1, wild))
    along = np.maximum(along, smooth(13.0, 5.0, site.rill_m) * smooth(0.0, 0.5, wild) * F(0.7))
    layers.lay(Cover.BROADLEAF, along * humid * F(0.9))


def lay_heights(site: Site, layers: Layers) -> None:
    """Lay permanent ice, rock and scree, mats of moss, and alpine grass."""
    wild = site.wild
    rough = F(2.6 * left_out(site.points.finest, 11, 20, gain=0.52)) * site.relief.mountain
    height = site.cold + F(0.7) * wild
    spread = F(SLOPE_SPREAD * site.unknown_slopes) * site.relief.mountain
    icy = height - F(5.0) * np.maximum(site.steep - F(0.5), F(0.3) * spread) - F(70.0)
    layers.lay(Cover.ICE, smooth(-1.0, 1.0, icy / (F(0.7) + rough)))
    bare: Floats = site.steep * (F(0.75) + F(0.45) * smooth(53.0, 60.0, site.cold))
    bare += np.maximum(height - F(61.8), F(0)) * F(0.10) + F(0.08) * wild
    width: Floats = F(0.13) + F(0.08) * rough + F(1.6) * spread
    rock = smooth(-1.0, 1.0, np.divide(bare - F(0.93), width, dtype=np.float32))
    layers.mix(rock, {Cover.ROCK: 0.92, Cover.BARE: 0.08})
    layers.lay(Cover.MOSS, smooth(63.0, 66.5, height) * F(0.75))
    layers.lay(Cover.GRASS, smooth(60.2, 61.4, height))
    layers.lay(Cover.SHRUB, smooth(59.4, 60.6, height) * F(0.6))
    layers.lay(Cover.BARE, _desert(site, wild))


def _desert(site: Site, wild: Floats) -> Floats:
    return smooth(0.72, 1.05, site.arid + F(0.08) * wild)
