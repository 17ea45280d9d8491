"""A series: one composite for each window of time, gaps filled from the windows around them."""

from functools import reduce

import ee

from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.core.plan_checks import parse_day
from lib.earthengine.predictors import predictor_image
from lib.earthengine.stack import predictor_names, stack_names, windows

_DAY = "day"


def series_image(plan: ImageryPlan, aoi: Aoi) -> ee.Image:
    """The bands of `stack_names`: predictors window by window, then whether each was observed.

    A window is observed where all of its predictors are valid. With `fill_gaps` other windows are
    interpolated linearly in time between the nearest observed ones before and after, by the middle
    days of the windows; at the ends the nearest is repeated. Without, they are 0. A pixel is masked
    where no window is observed. Predictors that do not change repeat in each window.
    """
    bands, spans, names = stack_names(plan), windows(plan), predictor_names(plan)
    images = [predictor_image(plan, aoi, span=span, padded=True) for span in spans]
    valid = [image.select(0).mask().gt(0).unmask(0, False) for image in images]
    days = [_middle(start, end) for start, end in spans]
    filled = _filled(images, days) if plan.fill_gaps else images
    values = [image.select(list(names)).unmask(0, False).toFloat() for image in filled]
    flags = [flag.toFloat() for flag in valid]
    stack: ee.Image = ee.Image.cat([*values, *flags]).rename(list(bands))
    observed = reduce(lambda one, other: one.Or(other), valid)
    return stack.updateMask(observed)


def _middle(start: str, end: str) -> float:
    """The middle of a window, in days."""
    return (parse_day(start).toordinal() + parse_day(end).toordinal()) / 2


def _filled(images: list[ee.Image], days: list[float]) -> list[ee.Image]:
    dated = [
        image.addBands(
            ee.Image.constant(day).rename(_DAY).toFloat().updateMask(image.select(0).mask())
        )
        for image, day in zip(images, [day - days[0] for day in days], strict=True)
    ]
    before, after = _carried(dated), _carried(dated[::-1])[::-1]
    pairs = zip(before, after, days, strict=True)
    return [_between(one, other, day - days[0]) for one, other, day in pairs]


def _carried(images: list[ee.Image]) -> list[ee.Image]:
    """Each image, and where it is masked the last valid one of those before it."""
    carried = [images[0]]
    for image in images[1:]:
        carried.append(image.unmask(carried[-1], False))
    return carried


def _between(before: ee.Image, after: ee.Image, day: float) -> ee.Image:
    """Values at a day between two observations; the only one where there is one."""
    first, last = before.unmask(after, False), after.unmask(before, False)
    start, end = first.select(_DAY), last.select(_DAY)
    # Never 0: where both are the same observation the share is of no account.
    length = end.subtract(start).max(1)
    share = ee.Image.constant(day).subtract(start).divide(length)
    value: ee.Image = first.add(last.subtract(first).multiply(share))
    return value
