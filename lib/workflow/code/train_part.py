"""The code of the step Train: the network, how it is trained, and its figures."""

from lib.core.model_plan import ModelPlan
from lib.models.families import find_family
from lib.workflow.code.networks import MAPPED, network_code, network_settings
from lib.workflow.code.parts import Part, Setting, joined, template
from lib.workflow.code.subject import Subject, cannot, listed

_OPTIMIZERS = {
    "adam": "keras.optimizers.Adam(RATE)",
    "adamw": "keras.optimizers.AdamW(RATE, weight_decay=DECAY)",
    "sgd": "keras.optimizers.SGD(RATE, momentum=0.9, nesterov=True, weight_decay=DECAY or None)",
}
_SCHEDULES = {
    "cosine": "RATE * (0.05 + 0.95 * (1 + np.cos(np.pi * epoch / max(1, EPOCHS - 1))) / 2)",
    "step": "RATE * 0.1 ** ((epoch >= EPOCHS / 2) + (epoch >= EPOCHS * 3 / 4))",
    "constant": "RATE",
}


def train_part(subject: Subject) -> Part:
    """Write the step Train.

    Raises:
        PlanError: A setting cannot be written as code.
    """
    plan, project = subject.project.model, subject.project
    _refuse(subject)
    family = find_family(plan.family)
    mapped = plan.family in MAPPED
    words = (
        f"{family.title}. The scaling of predictors is its first layer, so that nothing after the "
        "training has to repeat that arithmetic. The weights of the epoch with the least "
        "validation loss are kept, and the test set is looked at once, at the end."
    )
    return Part(
        step="train",
        title="Train",
        words=words,
        needs="`x`, `y`, `part`, `CLASSES`, `NAMES`",
        imports=("import keras", "import numpy as np"),
        settings=(*network_settings(plan), *_settings(subject)),
        code=joined(
            "keras.utils.set_random_seed(MODEL_SEED)",
            template("scaling" if project.imagery.form == "pixel" else "scaling_masked"),
            network_code(plan, project.imagery.form),
            template("centre") if mapped and not project.imagery.dense else "",
            _rows(subject),
            _fitting(plan, project.imagery.dense and mapped),
            template("scores_map" if project.imagery.dense and mapped else "scores"),
        ),
        otherwise=_otherwise(subject),
    )


def _settings(subject: Subject) -> tuple[Setting, ...]:
    plan = subject.project.model
    settings = [Setting("RATE", plan.learning_rate, "learning rate of the first epoch")]
    if plan.optimizer != "adam":
        settings.append(Setting("DECAY", plan.weight_decay, "of weights"))
    if plan.label_smoothing:
        settings.append(Setting("SMOOTHING", plan.label_smoothing, "of labels"))
    if plan.loss == "focal":
        settings.append(Setting("GAMMA", plan.focal_gamma, "of the focal loss"))
    if plan.batch_size:
        settings.append(Setting("BATCH", plan.batch_size))
    settings += [Setting("EPOCHS", plan.epochs), Setting("PATIENCE", plan.patience)]
    return (*settings, Setting("MODEL_SEED", plan.seed))


def _refuse(subject: Subject) -> None:
    balance, form = subject.project.balance, subject.imagery.form
    family = find_family(subject.project.model.family)
    if family.form != form:
        raise cannot(
            f"the {family.title} takes {family.needs}, and the samples are of the form “{form}”",
            hint="Choose another network, or another form of samples.",
            field="family",
        )
    if family.labels == "every pixel" and not subject.imagery.dense:
        raise cannot(
            f"the {family.title} needs a label for every pixel of a patch",
            hint="Ask for dense labels, or choose another network.",
            field="family",
        )
    if balance.augment:
        raise cannot(
            f"training samples are changed anew in every epoch ({listed(balance.augment)}), which "
            "Loam does inside of its own training loop",
            hint="Take the augmentation out to get code; the network itself can be deployed.",
            field="augment",
        )
    if balance.resample == "smote":
        raise cannot(
            "SMOTE makes new samples between others, which needs the library imbalanced-learn",
            hint="Choose class weights, or over- or undersampling.",
            field="resample",
        )


def _rows(subject: Subject) -> str:
    """Which samples train, how often, and what each weighs."""
    project = subject.project
    lines = ["# Which samples train and validate, and what each counts."]
    lines.append("train, check, test = (np.flatnonzero(part == p) for p in (0, 1, 2))")
    if project.balance.resample in ("under", "over"):
        size = "min" if project.balance.resample == "under" else "max"
        lines.append(template("resampled").rstrip().replace("$SIZE", size))
        lines.insert(1, f"BALANCE_SEED = {project.balance.seed}")
    dense = project.imagery.dense and project.model.family in MAPPED
    labels = "y_map[train][y_map[train] >= 0]" if dense else "y[train]"
    lines.append(f"counts = np.bincount({labels}, minlength=len(CLASSES))")
    if not project.sampling.class_weights:
        lines.append("class_weight = np.ones(len(CLASSES))")
    elif project.balance.weighting == "balanced":
        lines.append("class_weight = counts.sum() / (len(CLASSES) * np.maximum(counts, 1))")
    elif project.balance.weighting == "square root":
        lines.append("class_weight = 1 / np.sqrt(np.maximum(counts, 1))")
        lines.append("class_weight *= counts.sum() / (class_weight @ counts)")
    else:
        lines.append("# After the effective number of samples (Cui et al. 2019).")
        lines.append("class_weight = (1 - 0.999) / (1 - 0.999 ** np.maximum(counts, 1))")
        lines.append("class_weight *= counts.sum() / (class_weight @ counts)")
    if dense:
        lines.append("target = np.maximum(y_map, 0)")
        lines.append("weight = np.where(y_map >= 0, class_weight[target], 0)")
    else:
        lines += ["target = y", "weight = class_weight[y]"]
    return "\n".join(lines)


def _fitting(plan: ModelPlan, dense: bool) -> str:
    lines = []
    hot = bool(plan.label_smoothing) or plan.loss == "focal"
    smoothing = ", label_smoothing=SMOOTHING" if plan.label_smoothing else ""
    if plan.loss == "focal":
        loss = f"keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=GAMMA{smoothing})"
    elif hot:
        loss = "keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING)"
    else:
        loss = '"sparse_categorical_crossentropy"'
    if hot:
        lines.append("target = np.eye(len(CLASSES))[target]")
    fitted = "trained" if plan.family in MAPPED and not dense else "model"
    lines.append(f"optimizer = {_OPTIMIZERS[plan.optimizer]}")
    if plan.optimizer != "adam":
        excluded = '["bias", "gamma", "beta"]'
        lines.append(f"optimizer.exclude_from_weight_decay(var_names={excluded})")
    lines.append(f"loss = {loss}")
    metric = "" if dense else ', metrics=["accuracy"], weighted_metrics=[]'
    lines.append(f"{fitted}.compile(optimizer, loss{metric}, jit_compile=False)")
    rate = _SCHEDULES[plan.schedule]
    lines += [
        "",
        "",
        "def of(rows):",
        '    """The predictors of some samples."""',
        "    return [array[rows] for array in x] if isinstance(x, list) else x[rows]",
        "",
        "",
    ]
    lines.append(template("fit").rstrip().replace("$MODEL", fitted).replace("$RATE", rate))
    text = "\n".join(lines)
    least, most = find_family(plan.family).batches
    size = "BATCH" if plan.batch_size else "batch"
    if not plan.batch_size:
        rule = (
            f"batch = int(np.clip(2 ** round(np.log2(max(1, len(train) / 64))), {least}, {most}))"
        )
        text = text.replace(
            "early = ", f"# Few samples need small batches to get enough steps.\n{rule}\nearly = "
        )
    if plan.tensorboard:
        text = text.replace(
            "[slower, early]", '[slower, early, keras.callbacks.CSVLogger("history.csv")]'
        )
    return text.replace("$BATCH", size)


def _otherwise(subject: Subject) -> tuple[str, ...]:
    plan = subject.project.model
    other = (
        "Training draws other random numbers than Loam's, so the network is another one: classes "
        "agree with Loam's map as two networks of the same settings do."
    )
    left_out = (
        f"The random forest of {plan.forest_trees} trees and the second split, which Loam shows "
        "for comparison, are left out."
    )
    notes = [other, left_out]
    if plan.mixed_precision:
        notes.append("Numbers have 32 bits; Loam trains with 16 bits where there is a GPU.")
    if plan.tensorboard:
        notes.append("The epochs are logged in history.csv; Loam writes logs for TensorBoard.")
    return tuple(notes)
