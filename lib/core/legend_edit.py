"""Operations on a legend, with the remap of the label source's values that follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lib.core.errors import LegendError
from lib.core.legend import Legend, LegendClass
from lib.core.plan import Remap


@dataclass(frozen=True)
class LegendEdit:
    """A legend in the making; every operation returns a new one.

    Attributes:
        legend: Classes as they are now.
        place: For each value of the label source the value of its class now, None where it is
            left out.

    Example:
        >>> edit = LegendEdit.of(Legend.from_values([10, 20, 30], ["Trees", "Shrubs", "Grass"]))
        >>> edit.merge([10, 20], name="Woody").legend.names
        ('Woody', 'Grass')
    """

    legend: Legend
    place: Mapping[int, int | None]

    @classmethod
    def of(cls, legend: Legend, remap: Sequence[Remap] = ()) -> "LegendEdit":
        """Begin with the legend of a label source and what was remapped already."""
        place: dict[int, int | None] = {value: value for value in legend.values}
        return cls(legend, place | {each.value: each.to for each in remap})

    @property
    def remap(self) -> tuple[Remap, ...]:
        """What a `LabelPlan` must remap for labels to become classes of this legend."""
        moved = sorted((v, to) for v, to in self.place.items() if to is not None and v != to)
        return tuple(Remap(value, to) for value, to in moved)

    def merge(self, values: Sequence[int], *, name: str = "", colour: str = "") -> "LegendEdit":
        """Make one class of several; it takes the place, value and look of the first named.

        Args:
            values: Two or more values of the legend.
            name: Of the new class; empty for the first one's.
            colour: Of the new class; empty for the first one's.

        Raises:
            LegendError: A value is not in the legend, or fewer than two classes would be left.
        """
        first, *others = dict.fromkeys(values)
        if not others:
            raise _error("Merging needs two classes or more.", "Choose another class as well.")
        kept = self._class(first)
        merged = LegendClass(first, name or kept.name, colour or kept.color)
        for value in others:
            self._class(value)
        classes = [merged if c.value == first else c for c in self.legend if c.value not in others]
        return self._with(classes, dict.fromkeys(others, first))

    def drop(self, value: int) -> "LegendEdit":
        """Leave a class out; its labels are then no labels.

        Raises:
            LegendError: The value is not in the legend, or only one class would be left.
        """
        dropped = self._class(value)
        return self._with([c for c in self.legend if c is not dropped], {value: None})

    def rename(self, value: int, name: str) -> "LegendEdit":
        """Give a class another name.

        Raises:
            LegendError: The name is empty or another class has it.
        """
        return self._changed(value, replace(self._class(value), name=name.strip()))

    def recolour(self, value: int, colour: str) -> "LegendEdit":
        """Give a class another colour, "#rrggbb".

        Raises:
            LegendError: It is no colour.
        """
        return self._changed(value, replace(self._class(value), color=colour))

    def revalue(self, value: int, to: int) -> "LegendEdit":
        """Give a class another number in the map that is made.

        Raises:
            LegendError: Another class has the number, or labels that are left out do.
        """
        if self.place.get(to, value) is None:
            raise _error(
                f"The number {to} belongs to labels that are left out, so they would come back.",
                "Choose another number.",
            )
        return self._changed(value, replace(self._class(value), value=to))

    def _class(self, value: int) -> LegendClass:
        return self.legend.classes[self.legend.index_of(value)]

    def _changed(self, value: int, new: LegendClass) -> "LegendEdit":
        classes = [new if c.value == value else c for c in self.legend]
        return self._with(classes, {value: new.value})

    def _with(
        self, classes: Sequence[LegendClass], moved: Mapping[int, int | None]
    ) -> "LegendEdit":
        place = {value: to if to is None else moved.get(to, to) for value, to in self.place.items()}
        return LegendEdit(Legend(tuple(classes)), place)


def remap_by_name(source: Legend, target: Legend) -> tuple[Remap, ...]:
    """Remap the values of one legend to the classes of the same name in another."""
    numbers = {name.strip().casefold(): c for name, c in zip(target.names, target, strict=True)}
    found = ((c.value, numbers.get(c.name.strip().casefold())) for c in source)
    return tuple(Remap(value, to.value) for value, to in found if to and to.value != value)


def _error(message: str, hint: str) -> LegendError:
    return LegendError(message, hint=hint, field="classes")
