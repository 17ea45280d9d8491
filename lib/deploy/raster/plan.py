"""How a map is made block by block; light enough for pages to import."""

from dataclasses import dataclass

from lib.core.plan_checks import within


@dataclass(frozen=True)
class RasterPlan:
    """How a map is made.

    Attributes:
        probabilities: Whether probabilities and entropy are written beside the classes.
        block_side: Rows and columns of a block; 0 for what suits the source.
        rounds: How often blocks that failed are tried again after all others.
        memory_mb: Predictors that may be in memory at once.
    """

    probabilities: bool = True
    block_side: int = 0
    rounds: int = 2
    memory_mb: int = 256

    def __post_init__(self) -> None:
        if self.block_side:
            within("block_side", self.block_side, 16, 4096)
        within("rounds", self.rounds, 0, 10)
        within("memory_mb", self.memory_mb, 16, 65_536)
