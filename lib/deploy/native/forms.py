"""Which forms of expression the compiler writes, and whether they are known to run on Google.

A form is seen live where public code or a guide runs exactly it on the service. The others are
documented, and `python -m lib check --project P` tries them.
"""

from dataclasses import dataclass

_ARRAYS = "https://developers.google.com/earth-engine/guides/arrays_array_images"
_LEAF = "https://github.com/rfernand387/LEAF-Toolbox (toolsNets.py)"
_SIAC = "https://github.com/MarcYin/SIAC_GEE (Two_NN)"
_SORTING = "https://developers.google.com/earth-engine/guides/arrays_sorting_reducing"
_RESHAPE = "https://developers.google.com/earth-engine/apidocs/ee-image-arrayreshape"
_UNMASK = "https://developers.google.com/earth-engine/apidocs/ee-image-unmask"
_CCDC = "https://github.com/parevalo/gee-ccdc-tools (ccdcUtilities/ccdc.js)"
_VERTEX = "https://developers.google.com/earth-engine/guides/tf_examples"


@dataclass(frozen=True)
class Form:
    """A way to write something as an expression.

    Attributes:
        name: Short name.
        words: The expression, with x for what it is applied to.
        seen_live: Whether it is known to run on the live service.
        source: Who runs it there; empty for forms that are documented only.
    """

    name: str
    words: str
    seen_live: bool
    source: str = ""


def _listed(*forms: Form) -> dict[str, Form]:
    return {form.name: form for form in forms}


FORMS = _listed(
    Form("column", "image.select(names).toArray().toArray(1)", True, _ARRAYS),
    Form("matrix", "ee.Image(ee.Array(W)).matrixMultiply(x)", True, _ARRAYS),
    Form("bias", "x.add(ee.Image(ee.Array(b)))", True, _LEAF),
    Form("factors", "x.multiply(ee.Image(ee.Array(s)))", True, _LEAF),
    Form("bands", "x.arrayProject([0]).arrayFlatten([names])", True, _ARRAYS),
    Form("argmax", "x.arrayProject([0]).arrayArgmax().arrayGet(0)", True, _VERTEX),
    Form("softmax", "bands: x.subtract(x.reduce(max)).exp(), over its sum", True, _ARRAYS),
    Form("positive part", "x.max(0)", True, _SIAC),
    Form("tanh", "ee.Image(2).divide(x.multiply(-2).exp().add(1)).subtract(1)", True, _LEAF),
    Form("sigmoid", "ee.Image(1).divide(x.multiply(-1).exp().add(1))", True, _LEAF),
    Form("exponential", "x.exp() on an array image", True, _LEAF),
    Form("negative part", "x.min(0)", False),
    Form("upper limit", "x.min(limit)", False),
    Form("magnitude", "x.abs() on an array image", False),
    Form("logarithm", "x.log() on an array image", False),
    Form("error function", "x.erf() on an array image", False),
    Form("square root", "x.sqrt() on an array image", False),
    Form("product", "x.multiply(y) of two array images", False),
    Form("quotient", "x.divide(y) of two array images", False),
    Form("sum", "x.add(y) of two array images", False),
    Form("difference", "x.subtract(y) of two array images", False),
    Form("greater", "x.max(y) of two array images", False),
    Form("concatenation", "x.arrayCat(y, axis)", True, _CCDC),
    Form("repetition", "x.arrayRepeat(axis, copies)", True, _CCDC),
    Form("part", "x.arraySlice(axis, start, end, step)", True, _SORTING),
    Form("shape", "x.arrayReshape(ee.Image(lengths).toArray(), dimensions)", True, _RESHAPE),
    Form("transposition", "x.arrayTranspose()", True, _SIAC),
    Form("reduction", "x.arrayReduce(ee.Reducer.max(), [axis])", True, _SORTING),
    Form("matrix on the right", "x.matrixMultiply(ee.Image(ee.Array(W)))", True, _SIAC),
    Form("neighbours", "bands.neighborhoodToBands(ee.Kernel.fixed(…)).select(names)", False),
    Form(
        "kept weights",
        "ee.Array(table.reduceColumns(ee.Reducer.toList(n), columns).get('list')).reshape(shape)",
        False,
    ),
    Form("filled", "image.updateMask(valid).unmask(0, False)", True, _UNMASK),
    Form("entropy", "p.multiply(p.max(1e-30).log()).reduce(ee.Reducer.sum()), scaled", False),
)


def all_seen_live(names: tuple[str, ...]) -> bool:
    """Tell whether every form is known to run on the live service."""
    return all(FORMS[name].seen_live for name in names)
