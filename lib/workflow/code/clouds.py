"""Rules for clouds as code."""

from lib.catalog.collections import CloudMask
from lib.workflow.code.dialect import literal


def cloud_tests(rule: CloudMask) -> list[str]:
    """The conditions of a rule on `image`, each as an image of 0 and 1."""
    band = f"image.select({literal(rule.band)})"
    tests = []
    if rule.zero_bits:
        tests.append(f"{band}.bitwiseAnd({rule.bit_mask}).eq(0)")
    if rule.at_least is not None:
        tests.append(f"{band}.gte({literal(rule.at_least)})")
    if rule.at_most is not None:
        tests.append(f"{band}.lte({literal(rule.at_most)})")
    if rule.values:
        ones = literal([1] * len(rule.values))
        tests.append(f"{band}.remap({literal(rule.values)}, {ones}, 0)")
    if rule.zero_band:
        tests.append(f"image.select({literal(rule.zero_band)}).eq(0)")
    return tests
