"""What the samples step tells pages beside its counts: tables, doubtful samples, spectra."""

from dataclasses import dataclass

from lib.core.labelcolumns import Column
from lib.core.separability import PairDistance


@dataclass(frozen=True)
class TableView:
    """A finished sample table before it is read.

    Attributes:
        files: Names of its files.
        rows: Number of rows.
        columns: What stands in it.
    """

    files: tuple[str, ...]
    rows: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class SourceValue:
    """A value of a label source, its own name, and the class that it stands for; None for none."""

    value: int
    name: str
    becomes: int | None


@dataclass(frozen=True)
class Doubt:
    """A sample that looks wrong.

    Attributes:
        id: Of the sample.
        lon: Degrees; NaN where it is not known.
        lat: Degrees; NaN where it is not known.
        name: Its class.
        figure: How doubtful it is: a distance, or the probability of its label.
        suggested: Value of the class that is more likely; None where nothing is suggested.
    """

    id: int
    lon: float
    lat: float
    name: str
    figure: float
    suggested: int | None = None


@dataclass(frozen=True)
class Doubts:
    """Samples to look through, the most doubtful first; `total` may be more than are listed."""

    rows: tuple[Doubt, ...]
    total: int
    notes: tuple[str, ...] = ()
    stale: bool = False


@dataclass(frozen=True)
class Pairs:
    """Separability of pairs of classes, the least separable first."""

    rows: tuple[PairDistance, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SignatureRow:
    """A predictor of a class, on a step of a series: its middle and its spread.

    Attributes:
        name: Class.
        color: Its colour.
        predictor: Predictor.
        step: First day or number of the step; empty where there are none.
        mean: Mean.
        low: 5 % quantile.
        high: 95 % quantile.
    """

    name: str
    color: str
    predictor: str
    step: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SampleSize:
    """How many samples a standard error needs (Olofsson et al. 2014).

    Attributes:
        test: Samples in the test set.
        total: Samples in all, by the share of the test set.
        per_class: The same for each class.
    """

    test: int
    total: int
    per_class: int
