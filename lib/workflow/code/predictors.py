"""The predictors of a plan as code: sources, terrain, texture and formulas side by side."""

import math
import re

from lib.catalog.collections import find
from lib.earthengine.formulas import names_in
from lib.earthengine.stack import names_of
from lib.workflow.code.dialect import Dialect, literal, word
from lib.workflow.code.scenes import SourceCode
from lib.workflow.code.subject import Subject, cannot

_YEAR_MS = 365.25 * 86_400_000


class PredictorCode:
    """Writes the image that a network reads, under the name `predictors`.

    Args:
        subject: The project.
        out: Takes the lines.
        dates: The expressions for first day and day after the last.
    """

    def __init__(
        self, subject: Subject, out: Dialect, *, dates: tuple[str, str] = ("START", "END")
    ) -> None:
        self._subject = subject
        self._out = out
        self._dates = dates
        self._names = names_of(subject.imagery)

    def write(self) -> None:
        """Write everything from the scenes to the masked stack."""
        plan = self._subject.imagery
        parts = [self._main(), *self._others()]
        if plan.terrain:
            parts.append(self._terrain())
        out = self._out
        if len(parts) > 1 or plan.texture or plan.formulas:
            out.comment("Everything side by side.")
        self._stack(parts)
        if plan.texture:
            self._texture()
        if plan.formulas:
            self._formulas()
        out.comment("A pixel counts only where all of its predictors are valid.")
        out.let("valid", "stack", [".mask()", ".reduce(ee.Reducer.min())"])
        out.let("predictors", "stack", [".toFloat()", ".updateMask(valid)"])

    def _stack(self, parts: list[str]) -> None:
        joined = f"ee.Image.cat([{', '.join(parts)}])" if len(parts) > 1 else parts[0]
        self._out.let("stack", joined)

    def _source(self, number: int) -> SourceCode:
        source = self._subject.sources()[number]
        known = find(source.collection)
        prefix = f"{word(known.code if known else 'own')}_" if number else ""
        if number and [s.collection for s in self._subject.sources()].count(source.collection) > 1:
            prefix = f"{prefix}{number}_"
        padded = self._subject.imagery.form == "series"
        return SourceCode(self._subject, source, self._out, prefix, self._dates, padded)

    def _main(self) -> str:
        if self._subject.imagery.harmonics:
            self._harmonics(self._source(0))
            return "waves"
        return self._image(self._source(0), "")

    def _image(self, code: SourceCode, prefix: str) -> str:
        """Write a source's bands and indices; gives the expression that holds both."""
        name = f"{prefix}composite"
        needed = code.needed()
        code.composite(needed, name)
        indices = code.indices(name)
        bands = list(code.source.bands)
        chosen = name if bands == needed else f"{name}.select({literal(bands)})"
        if not indices:
            return chosen
        return f"ee.Image.cat([{', '.join([chosen, *indices])}])"

    def _others(self) -> list[str]:
        parts = []
        for number, own in enumerate(self._names.sources, start=1):
            code = self._source(number)
            image = self._image(code, code.prefix)
            same = own == (*code.source.bands, *code.source.indices)
            parts.append(image if same else f"{image}.rename({literal(list(own))})")
        return parts

    def _harmonics(self, code: SourceCode) -> None:
        """Write waves of a year fitted to every clear observation."""
        if self._subject.is_image(code.source):
            raise cannot("harmonic terms of one image", field="harmonics")
        pairs, out = self._subject.imagery.harmonics, self._out
        terms = ["mean", *(f"{wave}{k}" for k in range(1, pairs + 1) for wave in ("cos", "sin"))]
        needed = code.needed()
        out.comment(
            f"Waves of {pairs} a year fitted to every clear observation of a pixel by least "
            "squares, after Zhu and Woodcock (2014)."
        )
        code.scenes(needed, "scenes")
        names = [*code.source.bands, *code.source.indices]
        angles = [
            f"years.multiply({2 * math.pi * k!r}).{wave}()"
            for k in range(1, pairs + 1)
            for wave in ("cos", "sin")
        ]
        waves = f"ee.Image.constant([ee.Number(1), {', '.join(angles)}]).toDouble()"
        values = "ee.Image.cat([" + ", ".join(self._harmonic_values(code)) + "])"
        out.function(
            "row",
            "image",
            [
                ("years", f'ee.Number(image.get("system:time_start")).divide({_YEAR_MS:.0f})'),
                ("waves", f"{waves}.rename({literal(terms)})"),
                ("physical", f"image.select({literal(needed)}){''.join(code.scaling(needed))}"),
                ("values", values),
                ("valid", "values.mask().reduce(ee.Reducer.min())"),
                ("", "waves.addBands(values.updateMask(valid).toDouble())"),
            ],
        )
        out.let("rows", "scenes", [".map(row)"])
        reducer = f"ee.Reducer.linearRegression({len(terms)}, {len(names)})"
        ordered = [f"{term}_{name}" for name in names for term in terms]
        calls = [
            f".reduce({reducer})",
            '.select("coefficients")',
            f".arrayFlatten([{literal(terms)}, {literal(names)}])",
            f".select({literal(ordered)}, {literal(list(self._names.main))})",
            f".updateMask(rows.select({literal(names[0])}).count().gte({len(terms)}))",
        ]
        out.let("waves", "rows", calls)

    def _harmonic_values(self, code: SourceCode) -> list[str]:
        """The bands and indices of an image called `physical`, as expressions."""
        bands = f"physical.select({literal(list(code.source.bands))})"
        calls = [code.index_calls("physical", name) for name in code.source.indices]
        return [bands, *(f"physical{''.join(call)}" for call in calls)]

    def _terrain(self) -> str:
        plan, out = self._subject.imagery, self._out
        source, known = plan.terrain_source, find(plan.terrain_source)
        if known and not known.band_for("elevation"):
            raise cannot(f"{source} has no elevation", field="terrain_source")
        band = known.band_for("elevation") if known else None
        chosen = literal(band.name if band else 0)
        out.comment("The lie of the land; slope in degrees, aspect by its sine and cosine.")
        if known is None or known.type == "Image":
            calls = [f".select({chosen})", '.resample("bilinear")']
            out.let("height", f"ee.Image({literal(source)})", calls)
        else:
            calls = [".filterBounds(region)", f".select({chosen})"]
            out.let("tiles", f"ee.ImageCollection({literal(source)})", calls)
            smooth = f".map({out.mapped('image.resample(' + literal('bilinear') + ')')})"
            placed = ".setDefaultProjection(tiles.first().projection())"
            out.let("height", "tiles", [smooth, ".mosaic()", placed])
        out.let("height_m", "height", ['.rename("elevation")'])
        needed = set(plan.terrain)
        if needed - {"elevation"}:
            out.let("slope", "ee.Terrain.slope(height_m)")
        if needed & {"aspect_sin", "aspect_cos"}:
            out.let("aspect", f"ee.Terrain.aspect(height_m).multiply({math.pi / 180!r})")
        found = {
            "elevation": "height_m",
            "slope": "slope",
            "aspect_sin": "aspect.sin().multiply(slope.gt(0))",
            "aspect_cos": "aspect.cos().multiply(slope.gt(0))",
        }
        parts = ", ".join(found[measure] for measure in plan.terrain)
        renamed = f".rename({literal(list(self._names.terrain))})"
        out.let("terrain", f"ee.Image.cat([{parts}])", [renamed])
        return "terrain"

    def _texture(self) -> None:
        plan, out = self._subject.imagery, self._out
        side = 2 * plan.texture_radius + 1
        out.comment(f"Texture: mean and standard deviation over {side} x {side} pixels.")
        out.let("square", f'ee.Kernel.square({plan.texture_radius}, "pixels")')
        chosen = f"stack.select({literal(list(plan.texture))})"
        for name, reducer in (("mean", "mean"), ("sd", "stdDev")):
            bands = literal([f"{band}_{name}" for band in plan.texture])
            call = f".reduceNeighborhood(ee.Reducer.{reducer}(), square)"
            out.let(f"texture_{name}", chosen, [call, f".rename({bands})"])
        ordered = literal(list(self._names.texture))
        both = f".addBands(texture_mean.addBands(texture_sd).select({ordered}))"
        out.let("stack", "stack", [both])

    def _formulas(self) -> None:
        plan, out = self._subject.imagery, self._out
        known = dict.fromkeys(
            [n for n in self._names.all if n not in self._names.formulas], "stack"
        )
        used = dict.fromkeys(name for formula in plan.formulas for name in names_in(formula))
        own = {formula.name for formula in plan.formulas}
        besides = [name for name in used if name not in known and name not in own]
        out.comment("Predictors of one's own.")
        if besides:
            code = self._source(0)
            code.composite(besides, "besides")
            known |= dict.fromkeys(besides, "besides")
        for formula in plan.formulas:
            pairs = [f"{literal(n)}: {known[n]}.select({literal(n)})" for n in names_in(formula)]
            text = _with_points(formula.formula)
            call = f".expression({literal(text)}, {{{', '.join(pairs)}}})"
            out.let("stack", "stack", [f".addBands(stack{call}.rename({literal(formula.name)}))"])
            known[formula.name] = "stack"


def _with_points(formula: str) -> str:
    """Whole numbers as decimal ones, since the service divides whole numbers without remainder."""
    return re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"\1.0", formula)
