from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.legend import Legend
from lib.core.samples import SampleSet
from lib.models.artifact import Artifact
from lib.models.evaluate import evaluate, predict_test
from tests.models.helpers import make_samples, make_split, run_small


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    folder: Path = tmp_path_factory.mktemp("run")
    run_small(folder)
    return Artifact.load(folder)


def test_evaluate_when_on_its_own_split_counts_the_test_set(artifact: Artifact) -> None:
    samples, split = make_samples(), make_split()

    scores = evaluate(artifact, samples, split)

    p = artifact.predict(samples.predictors[split.test])
    right = (p.argmax(axis=1) == samples.class_index[split.test]).mean()
    assert scores.n == 60
    assert scores.overall_accuracy == pytest.approx(right)
    assert right > 0.8
    assert scores.interval_kind == "wilson"


def test_evaluate_when_split_has_groups_takes_its_interval_from_them(artifact: Artifact) -> None:
    split = replace(make_split(), kind="blocks", groups=np.arange(300) // 4)

    scores = evaluate(artifact, make_samples(), split)

    # The 60 test samples lie in 15 groups of four.
    assert (scores.interval_kind, scores.group_count) == ("block bootstrap", 15)


@pytest.mark.parametrize("seen", [0, 200], ids=["training", "validation"])
def test_evaluate_when_network_has_seen_a_test_sample_refuses(
    artifact: Artifact, seen: int
) -> None:
    split = replace(make_split(), test=np.append(make_split().test, seen))

    with pytest.raises(ModelError, match="has seen 1 of the 61 test samples"):
        evaluate(artifact, make_samples(), split)


def test_predict_test_when_columns_are_in_another_order_finds_them_by_name(
    artifact: Artifact,
) -> None:
    samples = make_samples()
    order = [3, 1, 0, 2]
    turned = SampleSet(
        **{
            **vars(samples),
            "predictors": samples.predictors[:, order],
            "names": tuple(samples.names[i] for i in order),
        }
    )

    np.testing.assert_array_equal(
        predict_test(artifact, turned, make_split()), predict_test(artifact, samples, make_split())
    )


def test_predict_test_when_a_predictor_is_missing_names_it(artifact: Artifact) -> None:
    samples = make_samples()
    fewer = SampleSet(
        **{**vars(samples), "predictors": samples.predictors[:, 1:], "names": samples.names[1:]}
    )

    with pytest.raises(ModelError, match="lack the predictor “B2”"):
        predict_test(artifact, fewer, make_split())


def test_predict_test_when_legend_is_another_refuses(artifact: Artifact) -> None:
    other = SampleSet(**{**vars(make_samples()), "legend": Legend.from_values([1, 2, 3])})

    with pytest.raises(ModelError, match="different legends"):
        predict_test(artifact, other, make_split())
