"""Every family by every route: how far each form of a network is from Keras."""

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import uvicorn

from benchmarks.report import Row, machine
from benchmarks.subjects import GRID, HELD_OUT, LEGEND, Subject, subject_of
from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.deploy import parity
from lib.deploy.agreement import EXACT, Agreement, Bound, compare, failed, inputs_of, probes_of
from lib.deploy.bundle.formats import FORMATS, find_format
from lib.deploy.bundle.running import answer, named_inputs, open_format
from lib.deploy.bundle.writing import write_format
from lib.deploy.native.compile import compile_network, probability_bands
from lib.deploy.raster.engine import check_engine, open_engine, tensorflow_engine
from lib.deploy.raster.layout import layout_of
from lib.deploy.vertex.contract import Contract
from lib.deploy.vertex.expression import vertex_expression
from lib.deploy.vertex.graph import network_for
from lib.deploy.vertex.ledger import VertexDeployment
from lib.deploy.vertex.savedmodel import export_network
from lib.earthengine.access import Connection
from lib.earthengine.connection import local
from lib.earthengine.pixels import fetch
from lib.localearth.prediction.endpoints import Endpoints
from lib.models.artifact import Artifact
from lib.models.families import FAMILIES, find_family
from lib.models.servable import Servable
from lib.models.serving import app_of

TITLE = "Families by routes"
WORDS = "How far each form of a small trained network is from Keras, on held-out samples."
PAGE = Path(__file__).parents[1] / "docs" / "routes.md"
NATIVE = Bound(parity.BOUND)
_TILE = 12
_BANDS = probability_bands(LEGEND)
_POOLED = ("patch_cnn", "unet")
"""Families that no expression can be written of."""

Table = dict[str, dict[str, Agreement]]
"""Cells by family and route."""

Cell = Callable[[Subject, Connection, Path], Agreement]


def measure() -> list[Row]:
    """Fill the table, a row a cell, and write docs/routes.md."""
    table = filled()
    PAGE.write_text(page(table), encoding="utf-8")
    return [
        Row(
            f"{family}, {route}", words(cell), bound_words(cell.bound), is_kept(family, route, cell)
        )
        for family, cells in table.items()
        for route, cell in cells.items()
    ]


def filled() -> Table:
    """Train a network of each family, and try each route with it."""
    table: Table = {}
    with tempfile.TemporaryDirectory() as name:
        earth = local(Path(name) / "home")
        for family in FAMILIES:
            subject = subject_of(family, earth, Path(name) / family)
            table[family] = {}
            for route, cell in CELLS.items():
                folder = Path(tempfile.mkdtemp(dir=name))
                table[family][route] = cell(subject, earth, folder)
    return table


def is_kept(family: str, route: str, cell: Agreement) -> bool:
    """Whether a cell is as it should be: within its bound, or refused for the right reason."""
    reason = refusal_of(family, route)
    if reason:
        return reason in cell.problem
    return cell.passed and cell.samples >= HELD_OUT


def words(cell: Agreement) -> str:
    """A cell in short: greatest and mean difference, share of equal classes."""
    if cell.problem:
        return "refused"
    shares = f"{100 * cell.equal_classes:.2f} %"
    return f"{cell.max_abs_difference:.1e}, {cell.mean_abs_difference:.1e}, {shares}"


def bound_words(bound: Bound) -> str:
    """What a cell must keep to."""
    if bound.difference is None:
        return f"{100 * bound.equal_classes:.0f} % equal classes"
    return f"{bound.difference:g}"


def page(table: Table) -> str:
    """The table as a page."""
    parts = [_HEAD.format(machine=machine(), held_out=f"{HELD_OUT:,}")]
    for title, names in (("Routes", _ROUTE_COLUMNS), ("Formats of a bundle", tuple(FORMATS))):
        parts.append(f"\n## {title}\n\n{_as_table(table, names)}\n")
    refused = [
        f"- {find_family(family).title}, {route}: {cell.problem}"
        for family, cells in table.items()
        for route, cell in cells.items()
        if cell.problem
    ]
    return "".join(parts) + "\n## Refused, and why\n\n" + "\n".join(refused) + "\n"


def _as_table(table: Table, names: tuple[str, ...]) -> str:
    bounds = {name: next(iter(table.values()))[name].bound for name in names}
    heads = [f"{name} (at most {bound_words(bounds[name])})" for name in names]
    heads = [head.replace("at most 97", "at least 97") for head in heads]
    lines = [f"| family | {' | '.join(heads)} |", "|---" * (len(names) + 1) + "|"]
    for family, cells in table.items():
        row = " | ".join(words(cells[name]) for name in names)
        lines.append(f"| {find_family(family).title} | {row} |")
    return "\n".join(lines)


_ROUTE_COLUMNS = ("native", "vertex", "raster", "raster, tf.function")
_HEAD = """# Families by routes

Written by `python benchmarks/run.py parity`. A small network of each family, trained on the west \
of an image that Local Earth computes, is brought to each route; then it and Keras answer for the \
same {held_out} held-out pixels, series or patches of the east and more. A cell has the greatest \
and the mean absolute difference of a probability and the share of equal classes. "native" is the \
expression as Local Earth evaluates it; "vertex" is `ee.Model.fromVertexAi` of Local Earth, which \
sends Earth Engine's payloads to what `python -m lib serve` serves: the exported SavedModel. The \
same cells are tests, `pytest tests/deploy/test_matrix.py`: some by default, all with `-m slow`.

{machine}.
"""


def native(subject: Subject, earth: Connection, folder: Path) -> Agreement:
    """The expression, evaluated by Local Earth, on blocks around held-out samples."""
    try:
        written = compile_network(
            earth, subject.run_dir, subject.predictors, LEGEND, output="probabilities", grid=GRID
        )
    except DeploymentError as error:
        return failed("native", str(error), bound=NATIVE)
    return _on_image("native", subject, earth, written.expression, NATIVE)


def vertex(subject: Subject, earth: Connection, folder: Path) -> Agreement:
    """`ee.Model.fromVertexAi` of Local Earth, which asks what `python -m lib serve` serves."""
    contract = export_network(subject.run_dir, folder / "served", grid=GRID, most_tile=_TILE)
    deployment = VertexDeployment(
        name="net", project="meadow-1", region="us-central1", bucket="b", prefix="x",
        contract=contract, machine_type="n1-standard-2", since="2026-11-22T10:00:00Z",
        endpoint=f"projects/meadow-1/locations/us-central1/endpoints/{_number_of(subject)}",
    )  # fmt: skip
    home = Path(str(earth.secret["home"]))
    with _served(folder / "served") as url:
        Endpoints(home).register({deployment.endpoint: url})
        image = vertex_expression(earth, deployment, subject.predictors, "probabilities")
        if subject.family == "unet":
            return _tile_by_tile(subject, earth, image, contract)
        return _on_image("vertex", subject, earth, image, EXACT)


def raster(subject: Subject, earth: Connection, folder: Path) -> Agreement:
    """What maps are made with: LiteRT."""
    engine = open_engine(subject.run_dir, folder / "keep")
    if engine.name != "LiteRT":
        return failed("raster", f"{engine.name} was chosen.", bound=EXACT)
    return check_engine(engine, Artifact.load(subject.run_dir), subject.samples, subject.split)


def raster_tensorflow(subject: Subject, earth: Connection, folder: Path) -> Agreement:
    """What maps are made with where LiteRT does not fit: a graph of TensorFlow."""
    engine = tensorflow_engine(subject.run_dir)
    return check_engine(engine, Artifact.load(subject.run_dir), subject.samples, subject.split)


def bundled(name: str, subject: Subject, earth: Connection, folder: Path) -> Agreement:
    """A format of the bundles, written and opened again."""
    artifact = Artifact.load(subject.run_dir)
    layout = layout_of(artifact.network)
    probes = probes_of(subject.split)
    x, valid = inputs_of(subject.samples, probes.indices, subject.samples.predictors)
    write_format(subject.run_dir, folder, name)
    came = answer(open_format(folder, name, layout), named_inputs(layout, x, valid))
    expected = artifact.predict(x, valid, dense=layout.dense)
    bound = find_format(name).bound
    return compare(name, expected, came, held_out=probes.held_out, bound=bound)


CELLS: Mapping[str, Cell] = {
    "native": native,
    "vertex": vertex,
    "raster": raster,
    "raster, tf.function": raster_tensorflow,
    **{name: partial(bundled, name) for name in FORMATS},
}
"""Routes and formats by name; each gives a cell of the table."""


def refusal_of(family: str, route: str) -> str:
    """What the reason must say where there is no such cell; empty where there is one."""
    return "across pixels" if route == "native" and family in _POOLED else ""


def _on_image(
    form: str, subject: Subject, earth: Connection, image: Expression, bound: Bound
) -> Agreement:
    """Compare an image of probabilities with Keras, 2,000 valid pixels at least."""
    held_out = subject.split.test
    found = parity.check(
        earth, image, subject.predictors, subject.run_dir, GRID,
        subject.samples.lon[held_out], subject.samples.lat[held_out],
        bound=bound.difference or parity.BOUND,
    )  # fmt: skip
    return Agreement(
        form=form,
        samples=found.pixels - found.masked_pixels,
        held_out=found.held_out_pixels,
        max_abs_difference=found.max_abs_difference,
        mean_abs_difference=found.mean_abs_difference,
        equal_classes=found.equal_classes,
        bound=bound,
        problem="" if found.passed else "It answers elsewhere, or too far from Keras.",
    )


def _tile_by_tile(
    subject: Subject, earth: Connection, image: Expression, contract: Contract
) -> Agreement:
    """A U-Net sees where its tile ends, so Keras is given the very tiles."""
    tile, margin, side = contract.tile, contract.margin, contract.side
    network = network_for(Artifact.load(subject.run_dir), side)
    height, width = (length // tile * tile for length in GRID.shape)
    shares, valid = fetch(earth, image, GRID.window((slice(0, height), slice(0, width))), _BANDS)
    wide = GRID.window((slice(-margin, height + margin), slice(-margin, width + margin)))
    values, seen = fetch(earth, subject.predictors, wide, contract.bands)
    expected = np.zeros_like(shares)
    for row in range(0, height, tile):
        for col in range(0, width, tile):
            cut = (slice(row, row + side), slice(col, col + side))
            flags = seen[cut].astype(np.float32)[None, ..., None]
            answers = np.asarray(network([values[cut][None] * flags, flags], training=False))[0]
            inner = answers[margin : margin + tile, margin : margin + tile]
            expected[row : row + tile, col : col + tile] = inner
    return compare("vertex", expected[valid], shares[valid], held_out=0, bound=EXACT)


def _number_of(subject: Subject) -> int:
    return 1 + list(FAMILIES).index(subject.family)


@contextmanager
def _served(directory: Path) -> Iterator[str]:
    """What `python -m lib serve` answers with, in a thread; gives the address."""
    config = uvicorn.Config(
        app_of(Servable(directory)), port=0, log_level="critical", ws="none", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
