"""The pattern that people made: a net of roads, and within each of its meshes rows of plots.

Meshes are irregular polygons of some kilometres whose edges are roads; each mesh is turned its own
way and laid out in rows of plots, like bricks. Plots are the unit that land use is decided for.
"""

from dataclasses import dataclass

import numpy as np

from lib.localearth.planet.bricks import Bricks, Frame, bricks
from lib.localearth.planet.cells import Pattern, polygons
from lib.localearth.planet.noise import Floats, Points, fractal, mix, unit
from lib.localearth.planet.site import Site

F = np.float32
MESH = 13  # octave of the road net: 4.9 km at the equator, 3.3 km at 48 degrees
JITTER, MESH_SEED = 0.85, 700
PLOTS_RESOLVED_M = 130.0  # pixel size up to which plots are drawn, at the equator
MESHES_RESOLVED_M = 300.0
ROWS = (6.0, 13.0)  # rows of plots in a mesh
COLUMNS = (4.5, 11.0)  # plots in a row
WOODS, WOODS_GAIN = (7, 14), 0.85
WAVE = 0.012  # how far plots' edges curve, in meshes


@dataclass(frozen=True)
class Country:
    """The road net and the plots of a window.

    Attributes:
        mesh: Polygons of the road net.
        mesh_m: Metres that the lattice's cells measure.
        frame: Turned coordinates in the mesh.
        plots: The plots.
        at: Middle of each pixel's plot in the world square.
        road_m: Distance from the nearest road.
        edge_m: Distance from the nearest side of the plot.
    """

    mesh: Pattern
    mesh_m: Floats
    frame: Frame
    plots: Bricks
    at: Points
    road_m: Floats
    edge_m: Floats

    def number(self, salt: int) -> Floats:
        """A uniform number per plot."""
        return unit(mix(self.plots.words + np.uint32(salt)))


def country_of(site: Site) -> Country | None:
    """Roads and plots of a window; None where they are finer than its pixels."""
    if site.scale > PLOTS_RESOLVED_M:
        return None
    points = site.points
    mesh = polygons(points, MESH, jitter=JITTER, seed=MESH_SEED)
    mesh_m = site.world_m * F(2.0**-MESH)
    words = mesh.sites.words.ravel().take(mesh.nearest)
    frame = Frame.turned(mesh.dx, mesh.dy, unit(mix(words + np.uint32(3))), words)
    wave_x = F(WAVE) * site.fractal(14, 16, 0.5, seed=705)
    wave_y = F(WAVE) * site.fractal(14, 16, 0.5, seed=708)
    bent = frame.bent(wave_x, wave_y)
    low, high = ROWS
    rows = np.floor(F(low) + F(high - low) * unit(mix(words + np.uint32(9))))
    plots = bricks(bent, rows=rows, columns=COLUMNS, salt=710)
    return Country(
        mesh, mesh_m, bent, plots, _middles(site, mesh, frame, plots), mesh.edge * mesh_m,
        plots.edge() * mesh_m,
    )  # fmt: skip


def _middles(site: Site, mesh: Pattern, frame: Frame, plots: Bricks) -> Points:
    dx = plots.middle_x * frame.cosine - plots.middle_y * frame.sine
    dy = plots.middle_x * frame.sine + plots.middle_y * frame.cosine
    at = mesh.sites.points(site.points.finest)
    size = 2.0**-MESH
    return Points(
        at.u.ravel().take(mesh.nearest) + dx * size, at.v.ravel().take(mesh.nearest) + dy * size,
        site.points.finest,
    )  # fmt: skip


def woods(site: Site) -> Floats:
    """How much the land inclines to forest, smooth over plots."""
    return site.fractal(*WOODS, WOODS_GAIN, seed=740)


def woods_at(points: Points) -> Floats:
    """The same at some points."""
    return fractal(points, *WOODS, WOODS_GAIN, seed=740)
