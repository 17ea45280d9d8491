"""The class map as Earth Engine's tasks write it: the legend's values inside of the area."""

import ee

from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.legend import Legend
from lib.deploy.geotiff import SIMULATED, class_codes, class_tags
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import region_of, to_expression, to_image
from lib.earthengine.imagery import is_simulated


@with_connection
def class_values(
    connection: Connection, classes: Expression, legend: Legend, aoi: Aoi
) -> Expression:
    """Write a map of class positions as one of class values, like the files of class maps.

    Args:
        connection: Service that will compute it.
        classes: One band "class" of positions in the legend.
        legend: Classes; values must fit in 0..254, else positions are kept.
        aoi: Masked outside of it.

    Returns:
        One byte band "class"; the image's properties name the classes, and say "SIMULATED" where
        the planet is.
    """
    image = to_image(classes).clip(region_of(aoi))
    codes = [int(code) for code in class_codes(legend)]
    coded = image.remap(list(range(len(legend))), codes).toByte().rename("class")
    tags = {"SOFTWARE": "Loam", **class_tags(legend)}
    if is_simulated(connection, classes):
        tags["SIMULATED"] = SIMULATED
    return to_expression(ee.Image(coded.set(tags)))
