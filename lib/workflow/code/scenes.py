"""One data set as code: its scenes, their clear pixels, and the composite in physical units."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lib.catalog.collections import CloudMask, Collection, find
from lib.core.imagery_plan import SourcePlan
from lib.core.plan_checks import parse_day
from lib.earthengine.composite import LEAST_SPREAD, share_a_unit
from lib.earthengine.spectral import bands_of, index_of, needed_bands
from lib.workflow.code.clouds import cloud_tests
from lib.workflow.code.dialect import Dialect, literal
from lib.workflow.code.subject import Subject, cannot

_NEPER_PER_DECIBEL = math.log(10) / 10
_WHOLE = "image.updateMask(image.mask().reduce(ee.Reducer.min()))"
COMPOSITE_WORDS = {
    "median": "The median of the clear observations of each pixel",
    "mean": "The mean of the clear observations of each pixel",
    "percentile": "A percentile of the clear observations of each pixel",
    "medoid": "The observation nearest to the median of all",
    "greenest": "The observation of the greatest vegetation index",
    "latest": "The latest whole observation",
}


@dataclass(frozen=True)
class SourceCode:
    """Writes a data set.

    Attributes:
        subject: The project.
        source: The data set.
        out: Takes the lines.
        prefix: In front of the names of variables; empty for the main collection.
        dates: The expressions for first day and day after the last.
        padded: Whether dates without scenes give a masked image instead of an error.
    """

    subject: Subject
    source: SourcePlan
    out: Dialect
    prefix: str = ""
    dates: tuple[str, str] = ("START", "END")
    padded: bool = False

    @property
    def known(self) -> Collection | None:
        """What the catalogue says."""
        return find(self.source.collection)

    def composite(self, bands: Sequence[str], name: str) -> None:
        """Write one image of some bands in physical units."""
        title = self.known.title if self.known else self.source.collection
        if self.subject.is_image(self.source):
            self.out.comment(f"{title}: one image.")
            head = f"ee.Image({literal(self.source.collection)})"
            self.out.let(name, head, [f".select({literal(bands)})", *self.scaling(bands)])
            return
        read = list(dict.fromkeys((*bands, *self._greenness_bands())))
        scenes = f"{self.prefix}scenes"
        self.out.comment(f"{title}: scenes over the area within the dates{self._mask_words()}.")
        self.scenes(read, scenes)
        decibel = [b for b in bands if self.known and self._unit(b) == "dB"]
        reducing = self._prepared(read, decibel)
        words = COMPOSITE_WORDS[self.source.composite]
        self.out.comment(f"{words}{', in physical units' if self.scaling(bands) else ''}.")
        self.out.let(
            name,
            scenes,
            [
                *reducing,
                *self._reduction(read),
                *([f".select({literal(bands)})"] if list(bands) != read else []),
                *([".log10()", ".multiply(10)"] if decibel == list(bands) else []),
                *self.scaling(bands),
            ],
        )
        if decibel and decibel != list(bands):
            again = f"{name}.select({literal(decibel)}).log10().multiply(10)"
            call = f".addBands({again}, {self.out.null}, {self.out.yes})"
            self.out.let(name, name, [call])

    def scenes(self, read: Sequence[str], name: str) -> None:
        """Write the collection of clear scenes with some bands in stored values."""
        members = self.known.members if self.known else ()
        if not members:
            self._collection(self.source.collection, list(read), list(read), name)
            return
        parts = []
        for member in self._flown():
            own = [band.name for band in map(member.band_for, read) if band]
            if len(own) != len(read):
                raise cannot(f"{member.title} lacks a band of {literal(read)}", field="bands")
            parts.append(f"{self.prefix}{member.code}_scenes")
            self._collection(member.id, own, list(read), parts[-1])
        merged = [*(f".merge({part})" for part in parts[1:]), '.sort("system:time_start")']
        self.out.let(name, parts[0], merged)

    def scaling(self, bands: Sequence[str]) -> list[str]:
        """Calls that turn stored values into physical ones; none where nothing is known."""
        found = [self.known.band(name) if self.known else None for name in bands]
        scales = [band.scale if band else 1.0 for band in found]
        offsets = [band.offset if band else 0.0 for band in found]
        calls = [f".multiply({_numbers(scales)})"] if any(s != 1 for s in scales) else []
        return calls + ([f".add({_numbers(offsets)})"] if any(o != 0 for o in offsets) else [])

    def indices(self, image: str) -> list[str]:
        """Write the indices of an image in physical units; gives the names of their variables."""
        written = []
        for name in self.source.indices:
            written.append(f"{self.prefix}{name.lower()}")
            self.out.let(written[-1], image, self.index_calls(image, name))
        return written

    def index_calls(self, image: str, name: str, *, scaled: bool = True) -> list[str]:
        """Calls on an image that give an index.

        Args:
            image: Expression of the image.
            name: Name of the index.
            scaled: Whether the image is in physical units already.
        """
        index = index_of(name)
        bands = bands_of(index, self.source.collection)
        pairs = [
            f"{literal(common)}: {image}.select({literal(band)})"
            + ("" if scaled else "".join(self.scaling([band])))
            for common, band in bands.items()
        ]
        call = f".expression({literal(index.formula)}, {{{', '.join(pairs)}}})"
        return [call, f".rename({literal(name)})"]

    def needed(self) -> list[str]:
        """Bands to read: the chosen ones, and what only indices need."""
        return needed_bands(self.source)

    def _collection(self, collection: str, own: list[str], names: list[str], name: str) -> None:
        known, rule = find(collection), self._rule(collection)
        calls = self._near(collection)
        for condition in known.filters if known else ():
            pair = f"{literal(condition.name)}, {literal(condition.value)}"
            calls.append(f".filter(ee.Filter.{condition.operator}({pair}))")
        if known and self.source.mask_clouds and known.most_cloud_percent is not None:
            pair = f"{literal(known.cloud_property)}, {literal(known.most_cloud_percent)}"
            calls.append(f".filter(ee.Filter.lt({pair}))")
        if rule and rule.collection:
            clouds = f"{self.prefix}clouds"
            head = f"ee.ImageCollection({literal(rule.collection)})"
            self.out.let(clouds, head, self._near(rule.collection))
            calls.append(f".linkCollection({clouds}, {literal([rule.band])})")
        if rule:
            calls.append(self._mask(rule, name))
        renamed = "" if own == names else f", {literal(names)}"
        calls.append(f".select({literal(own)}{renamed})")
        self.out.let(name, f"ee.ImageCollection({literal(collection)})", calls)

    def _mask(self, rule: CloudMask, name: str) -> str:
        """The call that masks clouds; rules of several conditions get a function of their own."""
        first, *others = cloud_tests(rule)
        if not others:
            return f".map({self.out.mapped(f'image.updateMask({first})')})"
        function = name.replace("scenes", "mask_clouds")
        named = [(f"test_{number}", test) for number, test in enumerate((first, *others), start=1)]
        clear = "test_1" + "".join(f".{self.out.both}({variable})" for variable, _ in named[1:])
        self.out.function(function, "image", [*named, ("", f"image.updateMask({clear})")])
        return f".map({function})"

    def _near(self, collection: str) -> list[str]:
        known = find(collection)
        cadence = known.cadence if known else "scenes"
        bounds = ".filterBounds(region)"
        if cadence == "once":
            return [bounds]
        start, end = self.dates
        if cadence == "year":
            if self.padded:
                raise cannot(
                    f"a series of {collection}, which has one image a year",
                    hint="Choose the form “pixel”.",
                    field="form",
                )
            plan = self.subject.imagery
            last = date.fromordinal(parse_day(plan.end).toordinal() - 1).year
            start, end = literal(f"{plan.start[:4]}-01-01"), literal(f"{last + 1}-01-01")
        return [bounds, f".filterDate({start}, {end})"]

    def _rule(self, collection: str) -> CloudMask | None:
        known = find(collection)
        if known is None or not self.source.mask_clouds:
            return None
        serves = self.subject.connection.can.serves
        if known.mask and known.mask.collection and not serves(known.mask.collection):
            return known.other_mask
        return known.mask

    def _flown(self) -> list[Collection]:
        plan, known = self.subject.imagery, self.known
        found = [find(member) for member in (known.members if known else ())]
        served = self.subject.connection.can.serves
        flew = [
            m
            for m in found
            if m and m.start < plan.end and (not m.end or plan.start < m.end) and served(m.id)
        ]
        if not flew:
            raise cannot(f"{self.source.collection} has no mission at these dates", field="dates")
        return flew

    def _prepared(self, read: Sequence[str], decibel: Sequence[str]) -> list[str]:
        """Calls before the reduction: radar as power; a masked scene where there may be none."""
        calls = []
        if decibel:
            power = f"image.select({literal(decibel)}).multiply({_NEPER_PER_DECIBEL!r}).exp()"
            added = f"image.addBands(power, {self.out.null}, {self.out.yes})"
            function = f"{self.prefix}to_power"
            self.out.function(function, "image", [("power", power), ("", added)])
            calls.append(f".map({function})")
        if self.padded:
            zeros = literal([0] * len(read))
            blank = (
                f"ee.Image.constant({zeros}).rename({literal(read)})"
                '.updateMask(0).toFloat().set("system:time_start", 0)'
            )
            calls.append(f".map({self.out.mapped('image.toFloat()')})")
            calls.append(f".merge(ee.ImageCollection([{blank}]))")
        return calls

    def _reduction(self, read: Sequence[str]) -> list[str]:
        how = self.source.composite
        if how in ("median", "mean"):
            return [f".{how}()"]
        if how == "percentile":
            reducer = f"ee.Reducer.percentile([{literal(self.source.percentile)}])"
            return [f".reduce({reducer})", f".rename({literal(read)})"]
        whole = f".map({self.out.mapped(_WHOLE)})"
        if how == "latest":
            return ['.sort("system:time_start")', whole, ".mosaic()"]
        if how == "medoid":
            return [
                *self._medoid(whole, read),
                '.qualityMosaic("score")',
                f".select({literal(read)})",
            ]
        function, added = (
            f"{self.prefix}greenness",
            'image.addBands(score.toDouble().rename("score"))',
        )
        self.out.function(function, "image", [("score", self._greenness()), ("", added)])
        return [whole, f".map({function})", '.qualityMosaic("score")', f".select({literal(read)})"]

    def _medoid(self, whole: str, read: Sequence[str]) -> list[str]:
        """Write the median of the whole observations, and give the calls that score by it."""
        median, scaled = f"{self.prefix}middle", ""
        self.out.let(median, f"{self.prefix}scenes", [whole, ".median()"])
        if not share_a_unit(self.known, read):
            spread = f"{self.prefix}spread"
            calls = [".reduce(ee.Reducer.stdDev())", f".rename({literal(read)})"]
            least = f".max({literal(LEAST_SPREAD)})"
            self.out.let(spread, f"{self.prefix}scenes", [whole, *calls, least])
            scaled = f".divide({spread})"
        score = f"image.subtract({median}){scaled}.pow(2).reduce(ee.Reducer.sum()).multiply(-1)"
        function, added = (
            f"{self.prefix}nearness",
            'image.addBands(score.toDouble().rename("score"))',
        )
        self.out.function(function, "image", [("score", score), ("", added)])
        return [whole, f".map({function})"]

    def _greenness_bands(self) -> tuple[str, ...]:
        if self.source.composite != "greenest":
            return ()
        band = self.known.band_for("NDVI") if self.known else None
        if band:
            return (band.name,)
        return tuple(bands_of(index_of("NDVI"), self.source.collection).values())

    def _greenness(self) -> str:
        needs = self._greenness_bands()
        if len(needs) == 1:
            return f"image.select({literal(needs[0])})"
        return f"image{self.index_calls('image', 'NDVI', scaled=False)[0]}"

    def _unit(self, name: str) -> str:
        band = self.known.band(name) if self.known else None
        return band.unit if band else ""

    def _mask_words(self) -> str:
        rule = self._rule(self.source.collection)
        if not rule and not (self.known and self.known.members and self.source.mask_clouds):
            return ""
        return "; pixels that the data set's own flags call cloudy are masked"


def _numbers(values: Sequence[float]) -> str:
    """One number where all are alike, else one for each band."""
    if len(set(values)) == 1:
        return literal(values[0])
    return f"ee.Image.constant({literal(list(values))})"
