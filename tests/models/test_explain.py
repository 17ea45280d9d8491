"""Importance of predictors and reliability of probabilities of trained networks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.calibration import tempered
from lib.core.errors import ModelError
from lib.core.importance import Importance
from lib.core.model_plan import ModelPlan
from lib.models.artifact import Artifact
from lib.models.evaluate import evaluate
from lib.models.explain import PredictorImportances, predictor_importance, reliability
from tests.models.helpers import TINY, make_form, make_samples, make_split, run_small


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder: Path = tmp_path_factory.mktemp("run")
    run_small(folder)
    return Artifact.load(folder)


def importance(artifact: Artifact, **changes: Any) -> PredictorImportances:
    options: dict[str, Any] = {"samples": make_samples(), "split": make_split(), "repeats": 5}
    options |= changes
    samples, split = options.pop("samples"), options.pop("split")
    return predictor_importance(artifact, samples, split, **options)


def test_importance_when_a_predictor_never_changes_is_zero_and_others_are_not(
    artifact: Artifact,
) -> None:
    told: list[Importance] = []

    found = importance(artifact, on_predictor=told.append)

    assert [row.name for row in found.predictors] == ["B2", "B3", "NDVI", "flat"]
    assert (found.predictors[3].mean, found.predictors[3].standard_deviation) == (0, 0)
    assert max(row.mean for row in found.predictors) > 0.1
    assert found.score == evaluate(artifact, make_samples(), make_split()).macro_f1
    assert (found.n, found.by_block) == (60, False)
    assert tuple(told) == found.predictors
    assert found == importance(artifact)
    assert found != importance(artifact, seed=1)


def test_importance_when_by_block_moves_whole_blocks(artifact: Artifact) -> None:
    """A single block has nowhere to go, so that no score falls."""
    one = replace(make_split(), groups=np.zeros(300, np.int64), kind="blocks")
    four = replace(one, groups=np.arange(300) % 4)

    alone, moved = (importance(artifact, split=split, by_block=True) for split in (one, four))

    assert alone.by_block
    assert [row.mean for row in alone.predictors] == [0, 0, 0, 0]
    assert max(row.mean for row in moved.predictors) > 0.1


def test_importance_when_series_has_gaps_finds_the_telling_predictor(tmp_path: Path) -> None:
    """The first predictor of the helper's series tells the class, the last never changes."""
    samples, split = make_form("series"), make_split(96)
    plan = ModelPlan(family="temporal_cnn", **{**TINY, "epochs": 8, "filters": (4,)})
    run_small(tmp_path, samples=samples, split=split, plan=plan)

    found = importance(Artifact.load(tmp_path), samples=samples, split=split)

    first, _, last = (row.mean for row in found.predictors)
    assert first > 0.3
    assert last == pytest.approx(0, abs=1e-12)


def test_importance_when_network_has_seen_a_sample_refuses(artifact: Artifact) -> None:
    split = make_split()

    with pytest.raises(ModelError, match="has seen 1 of the 61 test samples"):
        importance(artifact, split=replace(split, test=np.append(split.test, 3)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"measure": "kappa"}, "“kappa” is no score"), ({"by_block": True}, "has no blocks to move")],
)
def test_importance_when_measure_or_blocks_are_none_refuses(
    artifact: Artifact, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        importance(artifact, **changes)


def test_reliability_when_told_is_of_the_validation_set(artifact: Artifact) -> None:
    samples, split = make_samples(), make_split()
    # A network that errs too rarely is not too sure of anything.
    labels = samples.class_index.copy()
    labels[split.validation[:9]] = (labels[split.validation[:9]] + 1) % len(samples.legend)
    samples = replace(samples, class_index=labels)
    p = artifact.predict(samples.predictors[split.validation])
    right = p.argmax(axis=1) == samples.class_index[split.validation]

    found = reliability(artifact, samples, split)

    assert found.before.n == 60
    assert sum(row.count * row.accuracy for row in found.before.bins) == pytest.approx(right.sum())
    assert sum(row.count * row.confidence for row in found.before.bins) == pytest.approx(
        p.max(axis=1).sum(), rel=1e-5
    )
    assert found.temperature is not None
    assert found.after is not None
    assert found.temperature.loss_after <= found.temperature.loss_before == found.loss
    cooled = tempered(p, found.temperature.value)
    assert (cooled.argmax(axis=1) == p.argmax(axis=1)).all()
    assert found.notes == ("60 samples are few: with fewer than 100 the error is mostly noise.",)


def test_reliability_when_all_are_right_has_no_temperature(artifact: Artifact) -> None:
    samples, split = make_samples(), make_split()
    labels = samples.class_index.copy()
    labels[split.validation] = artifact.classify_samples(samples, split.validation)

    found = reliability(artifact, replace(samples, class_index=labels), split)

    assert found.temperature is found.after is None
    assert "no best temperature for these 60 samples, of which 100%" in found.notes[-1]


def test_reliability_when_samples_are_not_the_networks_refuses(artifact: Artifact) -> None:
    split = make_split()

    with pytest.raises(ModelError, match="not the validation samples of this network"):
        reliability(artifact, make_samples(), replace(split, validation=split.test))
