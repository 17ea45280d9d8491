"""Land use of plots: forest, meadows, fields in strips, gravel pits; tracks and hedges between."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet import season
from lib.localearth.planet.bricks import coverage
from lib.localearth.planet.country import Country, woods, woods_at
from lib.localearth.planet.cover import Cover, Layers
from lib.localearth.planet.noise import Floats, Words, left_out, mix, smooth, unit
from lib.localearth.planet.site import Site

F = np.float32
CHANCE = 0.75  # how far chance moves the decision for forest
FOREST_FROM = 0.42
PITS = 0.012  # part of the plots that are gravel pits
FALLOW = 0.035
HIDDEN_SLOPES = 0.16  # part of hill country that is too steep to plough, where pixels hide it
PLOT_SAYS = 0.6  # weight of the plot in the decision to sow; its strips have the rest
STRIPS_RESOLVED_M = 42.0
TRACK_M = 4.5
HEDGE_M = 9.0


@dataclass(frozen=True)
class Fields:
    """Which crop grows where, each `(height, width)`.

    Attributes:
        crop: Index of the crop.
        shift: Days by which its sowing differs.
        words: A hash per field, for the differences between fields.
        across: Position across the rows of the field, in metres.
    """

    crop: NDArray[np.uint8]
    shift: NDArray[np.int8]
    words: Words | None
    across: Floats | None


def lay_farmland(site: Site, country: Country | None, layers: Layers) -> Fields:
    """Lay forest, fields and the rest over what is still free; grass is left over."""
    if country is None:
        return _lay_means(site, layers)
    fields = _strips(site, country)
    forest = _forest(site, country)
    _lay_lines(site, country, layers, forest)
    lay_trees(site, layers, forest, country.number(61))
    use = country.number(62)
    _lay_pits(site, country, layers, use)
    dry = smooth(0.45, 0.95, site.arid)
    fallow = (use > F(1 - FALLOW) - dry * F(0.75)) * F(0.85)
    layers.mix(fallow, {Cover.BARE: dry * F(0.75), Cover.SHRUB: F(1) - dry * F(0.75)})
    crop = _arable(site) > F(0.02)
    field = unit(mix(fields.words)) if fields.words is not None else use
    sown = crop & (F(PLOT_SAYS) * use + F(1 - PLOT_SAYS) * field > F(1) - _arable(site))
    layers.lay(Cover.CROP, sown.astype(np.float32))
    return fields


def _lay_pits(site: Site, country: Country, layers: Layers, use: Floats) -> None:
    """Gravel pits with ponds, and bare building ground."""
    pits = (use < F(PITS)) & (site.steep < F(0.12))
    if not pits.any():
        return
    ragged = site.fine
    plots = country.plots
    away = np.sqrt((plots.x - F(0.5)) ** 2 + (plots.y - F(0.5)) ** 2)
    radius = np.minimum(plots.width, plots.height) * country.mesh_m * F(1.15)
    inward = (F(0.5) - away) * radius + F(15) * ragged - F(25) * country.number(67)
    inward = np.minimum(inward, country.edge_m)
    pond = pits & (country.number(66) < F(0.55))
    layers.lay(Cover.BLUE_WATER, pond * smooth(42.0, 52.0, inward) * F(0.7))
    layers.lay(Cover.TURBID_WATER, pond * smooth(42.0, 52.0, inward))
    layers.lay(Cover.BARE, pits * smooth(4.0, 16.0, inward) * (F(0.80) + F(0.14) * ragged))


def _lay_means(site: Site, layers: Layers) -> Fields:
    """The same where plots are finer than two pixels: shares instead of decisions."""
    width = F(CHANCE + 1.5 * left_out(site.points.finest, 7, 14, gain=0.85))
    forest = np.clip(F(0.5) + _inclination(site, woods(site)) / (F(2) * width), F(0), F(1))
    lay_trees(site, layers, forest, None)
    layers.lay(Cover.BARE, np.full(site.shape, PITS * 0.45, np.float32))
    dry = smooth(0.45, 0.95, site.arid)
    fallow = (F(FALLOW) + dry * F(0.75)) * F(0.85)
    layers.mix(fallow, {Cover.BARE: dry * F(0.75), Cover.SHRUB: F(1) - dry * F(0.75)})
    layers.lay(Cover.CROP, _sown_part(_arable(site)))
    return Fields(
        np.full(site.shape, season.MIXED, np.uint8), np.zeros(site.shape, np.int8), None, None
    )


def _arable(site: Site) -> Floats:
    """Part of the open land that is ploughed."""
    part = F(0.74) - F(0.45) * smooth(52.0, 55.5, site.cold) - F(0.15) * site.relief.mountain
    part = part * smooth(57.5, 55.0, site.cold) * smooth(0.22, 0.10, site.steep)
    part = part * F(1 - HIDDEN_SLOPES * site.unknown_slopes)
    return part * (F(1) - F(0.8) * smooth(0.55, 0.95, site.arid))


def _sown_part(arable: Floats) -> Floats:
    """Part of the fields whose weighted sum of two uniform numbers exceeds `1 - arable`."""
    one, other = F(PLOT_SAYS), F(1 - PLOT_SAYS)
    rest = F(1) - arable
    low = np.minimum(rest, other) ** 2 / (F(2) * one * other)
    middle = np.clip(rest - other, F(0), one - other) / one
    high = np.maximum(rest - one, F(0))
    result: Floats = F(1) - low - middle - high * (other - F(0.5) * high) / (one * other)
    return result


def _inclination(site: Site, inclined: Floats) -> Floats:
    """How far the land is on the forest's side of the decision."""
    steep = F(1.7) * smooth(0.07, 0.24, site.steep) + F(0.9) * site.relief.mountain
    tropical = F(0.9) * smooth(22.0, 8.0, np.abs(site.latitude))
    boreal = F(0.9) * smooth(52.5, 57.0, site.cold)
    wild = inclined + steep + tropical + boreal - F(2.2) * smooth(0.35, 0.9, site.arid)
    result: Floats = wild - F(FOREST_FROM)
    return result


def _forest(site: Site, country: Country) -> Floats:
    """Part of each pixel under forest."""
    by_plot = _inclination(site, woods_at(country.at))
    by_plot += F(CHANCE) * (F(2) * country.number(60) - F(1))
    ragged = F(0.30) * site.fine
    wild = smooth(0.05, 0.35, site.steep) + site.relief.mountain
    return smooth(-0.04, 0.04, by_plot + ragged * (F(0.15) + np.minimum(wild, F(1))))


def lay_trees(site: Site, layers: Layers, forest: Floats, by_plot: Floats | None) -> None:
    """Lay forest: conifers in the cold, the humid tropics and by stands, with clearings."""
    stand = site.stand
    if by_plot is not None:
        stand = F(0.7) * stand + F(1.0) * (F(2) * by_plot - F(1))
    leaning = np.clip((site.cold - F(52.5)) * F(0.28), F(-1.0), F(2.0)) + F(2.6) * smooth(
        20.0, 10.0, np.abs(site.latitude)
    )
    conifer = smooth(-0.35, 0.35, stand + leaning)
    clearing = smooth(1.75, 2.0, F(0.8) * site.wild - F(0.6) * site.stand)
    tall = (F(1) - clearing) * (F(1) - smooth(0.65, 0.95, site.arid) * F(0.8))
    low = F(1) - tall
    layers.mix(forest, {
        Cover.CONIFER: tall * conifer, Cover.BROADLEAF: tall * (F(1) - conifer),
        Cover.GRASS: low * clearing * F(0.55), Cover.SHRUB: low * (F(1) - clearing * F(0.55)),
    })  # fmt: skip


def _lay_lines(site: Site, country: Country, layers: Layers, forest: Floats) -> None:
    """Tracks along plots and, in some meshes, hedges."""
    open_land = F(1) - forest
    mesh = unit(mix(country.frame.words + np.uint32(21)))
    tracks = coverage(country.edge_m, TRACK_M / 2, site.scale) * (country.number(63) < F(0.6))
    layers.lay(Cover.TRACK, tracks * open_land * smooth(60.0, 57.0, site.cold))
    hedged = coverage(country.edge_m - F(6), HEDGE_M / 2, site.scale) * (mesh > F(0.55))
    patchy = smooth(-0.2, 0.5, -site.fine)
    humid = smooth(0.6, 0.3, site.arid) * smooth(58.0, 55.0, site.cold)
    layers.lay(Cover.BROADLEAF, hedged * patchy * open_land * humid * F(0.9))


def _strips(site: Site, country: Country) -> Fields:
    """Cut plots into strips, each with one crop."""
    plots = country.plots
    most = F(1) + F(7) * unit(mix(country.frame.words + np.uint32(22)))
    count = np.floor(F(1) + most * country.number(64))
    lengthwise = plots.width * country.number(65) > plots.height * F(0.45)
    place = np.where(lengthwise, plots.x, plots.y)
    length = np.where(lengthwise, plots.width, plots.height) * country.mesh_m
    count = np.maximum(np.minimum(count, np.floor(length * F(1 / 28))), F(1))
    strip = np.floor(place * count)
    words = mix(plots.words + strip.astype(np.int32).astype(np.uint32) * np.uint32(0x9E3779B1))
    if site.scale > STRIPS_RESOLVED_M:
        words = mix(plots.words)
    limits = np.cumsum(season.CROP_SHARES[:-1])
    crop = np.searchsorted(limits.astype(np.float32), unit(mix(words + np.uint32(7))))
    days = np.uint32(2 * season.SHIFT_DAYS + 1)
    shift = (mix(words + np.uint32(8)) % days).astype(np.int16) - season.SHIFT_DAYS
    return Fields(crop.astype(np.uint8), shift.astype(np.int8), words, place * length)
