"""Towns at the junctions of roads: streets, blocks, lots with houses and gardens, farmsteads."""

from dataclasses import dataclass

import numpy as np

from lib.localearth.planet.bricks import Bricks, Frame, bricks, coverage
from lib.localearth.planet.cells import Pattern, polygons
from lib.localearth.planet.country import JITTER, MESH, MESH_SEED, MESHES_RESOLVED_M, Country
from lib.localearth.planet.cover import Cover, Layers
from lib.localearth.planet.noise import Floats, mix, smooth, unit
from lib.localearth.planet.site import Site

F = np.float32
LOTS_RESOLVED_M = 12.0
BLOCKS_RESOLVED_M = 42.0
BLOCK_ROWS = 34.0  # rows of blocks in a mesh: 96 m at 48 degrees
BLOCK_COLUMNS = (22.0, 34.0)
LOT_ROWS = 136.0  # four rows of lots in a block
LOT_COLUMNS = (110.0, 150.0)
HALL_ROWS = 68.0  # halls and apartment houses
HALL_COLUMNS = (30.0, 60.0)
STREET_M = 8.0
ROAD_M = 9.0
MEAN_BUILT = 0.02  # part of the land in towns where the road net is not resolved
ROOFS = {Cover.ROOF_RED: 0.20, Cover.ROOF_BRIGHT: 0.16, Cover.ASPHALT: 0.24}  # of a town
GARDENS = {Cover.BROADLEAF: 0.12, Cover.GRASS: 0.28}


@dataclass(frozen=True)
class Town:
    """How a window is built over: parts of pixels that lie in towns, and how central they are."""

    part: Floats
    dense: Floats


def lay_towns(site: Site, country: Country | None, layers: Layers) -> None:
    """Lay roads and towns over what is still free."""
    if site.scale > MESHES_RESOLVED_M:
        allowed = _allowed(site)
        layers.mix(allowed * F(MEAN_BUILT), {**ROOFS, **GARDENS})
        return
    mesh = country.mesh if country else polygons(site.points, MESH, jitter=JITTER, seed=MESH_SEED)
    town = _town(site, mesh)
    if country is None or site.scale > BLOCKS_RESOLVED_M:
        layers.mix(town.part, {**ROOFS, **GARDENS})
        return
    road = coverage(country.road_m, ROAD_M / 2, site.scale) * smooth(61.0, 57.0, site.cold)
    layers.lay(Cover.ASPHALT, road * F(0.85))
    _lay_town(site, country, town, layers)
    _lay_farmsteads(site, country, layers)


def _allowed(site: Site) -> Floats:
    """Where people build: not on steep, cold or desert ground."""
    result = smooth(0.30, 0.15, site.steep) * smooth(61.0, 57.0, site.cold)
    return result * smooth(1.1, 0.8, site.arid)


def _town(site: Site, mesh: Pattern) -> Town:
    size = unit(mesh.corner_words)
    reach = np.where(size > F(0.30), F(0.035) + F(0.16) * (size - F(0.3)) * (size - F(0.3)), F(0))
    reach = reach + np.where(size > F(0.93), F(0.17), F(0))
    edge = F(0.35) * site.wild
    inside = F(1) - mesh.corner / np.maximum(reach, F(1e-3)) + edge
    blur = max(0.12, site.scale / 300.0)
    part = np.where(reach > 0, smooth(0.0, blur, inside), F(0)) * _allowed(site)
    return Town(part.astype(np.float32), smooth(0.2, 0.95, inside) * (size > F(0.55)))


def _lay_town(site: Site, country: Country, town: Town, layers: Layers) -> None:
    if not (town.part > 0).any():
        return
    words = mix(country.mesh.corner_words + country.frame.words)
    frame = Frame.turned(
        country.mesh.dx, country.mesh.dy, unit(mix(country.mesh.corner_words)), words
    )
    blocks = bricks(frame, rows=BLOCK_ROWS, columns=BLOCK_COLUMNS, salt=31)
    street = coverage(blocks.edge() * country.mesh_m, STREET_M / 2, site.scale)
    layers.lay(Cover.ASPHALT, street * town.part)
    kind = unit(mix(blocks.words + np.uint32(1)))
    park = (kind < F(0.07)) * town.part
    layers.mix(park, {Cover.BROADLEAF: 0.55, Cover.GRASS: 0.45})
    halls = ((kind > F(0.86) - F(0.25) * town.dense) & (kind >= F(0.07))) * town.part
    _lay_houses(site, country, layers, halls, _Lots(frame, HALL_ROWS, HALL_COLUMNS, 0.36, 0.55))
    homes = town.part
    fill = F(0.26) + F(0.10) * town.dense
    _lay_houses(site, country, layers, homes, _Lots(frame, LOT_ROWS, LOT_COLUMNS, fill, 0.12))


@dataclass(frozen=True)
class _Lots:
    frame: Frame
    rows: float
    columns: tuple[float, float]
    half: Floats | float
    paved: float


def _lay_houses(site: Site, country: Country, layers: Layers, part: Floats, lots: _Lots) -> None:
    pieces = bricks(lots.frame, rows=lots.rows, columns=lots.columns, salt=57)
    large = lots.rows < LOT_ROWS
    if site.scale > LOTS_RESOLVED_M * (3 if large else 1):
        layers.mix(part, {**ROOFS, **GARDENS})
        return
    roof = _roof(site, country, pieces, lots.half) * part
    hue = unit(mix(pieces.words + np.uint32(2)))
    red, bright = (F(0.15), F(0.45)) if large else (F(0.55), F(0.75))
    layers.mix(roof, {
        Cover.ROOF_RED: (hue < red).astype(np.float32),
        Cover.ASPHALT: ((hue >= red) & (hue < bright)).astype(np.float32),
        Cover.ROOF_BRIGHT: (hue >= bright).astype(np.float32),
    })  # fmt: skip
    green = unit(mix(pieces.words + np.uint32(4)))
    trees: Floats = np.clip(green * F(1.2) - F(0.35), F(0), F(0.8)) * F(1 - lots.paved)
    layers.mix(part, {
        Cover.ASPHALT: F(lots.paved), Cover.BROADLEAF: trees,
        Cover.GRASS: F(1 - lots.paved) - trees,
    })  # fmt: skip


def _roof(site: Site, country: Country, pieces: Bricks, half: Floats | float) -> Floats:
    across = (pieces.x - F(0.5)) * pieces.width * country.mesh_m
    down = (pieces.y - F(0.5)) * pieces.height * country.mesh_m
    wide = np.asarray(half, np.float32) * pieces.width * country.mesh_m
    high = np.asarray(half, np.float32) * pieces.height * country.mesh_m
    return coverage(across, wide, site.scale) * coverage(down, high, site.scale)


def _lay_farmsteads(site: Site, country: Country, layers: Layers) -> None:
    """A farm in the corner of some plots."""
    plots = country.plots
    has = (country.number(41) < F(0.075)) & (site.cold < F(58)) & (site.arid < F(0.8))
    east = plots.x * plots.width * country.mesh_m - F(42)
    south = plots.y * plots.height * country.mesh_m - F(38)
    yard = coverage(east, 26.0, site.scale) * coverage(south, 22.0, site.scale) * has
    barn = coverage(east - F(8), 9.0, site.scale) * coverage(south, 16.0, site.scale) * has
    house = coverage(east + F(14), 8.0, site.scale) * coverage(south - F(6), 8.0, site.scale) * has
    layers.lay(Cover.ROOF_BRIGHT, barn * (country.number(42) < F(0.3)))
    layers.lay(Cover.ROOF_RED, np.maximum(barn, house))
    layers.mix(yard, {Cover.ASPHALT: 0.35, Cover.BROADLEAF: 0.35, Cover.GRASS: 0.30})
