"""The networks of all families as Keras code."""

from lib.core.model_plan import ModelPlan
from lib.workflow.code.parts import Setting, template

_NETWORKS = {
    "mlp": "net_pixel",
    "softmax": "net_softmax",
    "temporal_cnn": "net_temporal_cnn",
    "lstm": "net_recurrent",
    "gru": "net_recurrent",
    "patch_cnn": "net_patch_cnn",
    "fcn": "net_fcn",
    "unet": "net_unet",
}
MAPPED = ("fcn", "unet")
"""Families that give every pixel of a patch a class."""


def network_settings(plan: ModelPlan) -> tuple[Setting, ...]:
    """Constants of a network that its family uses."""
    settings = []
    if plan.family in ("temporal_cnn", "patch_cnn", "fcn", "unet"):
        settings.append(Setting("FILTERS", list(plan.filters)))
        settings.append(Setting("KERNEL", plan.kernel_size, "side of a convolution"))
    if plan.family in ("lstm", "gru"):
        settings.append(Setting("UNITS", list(plan.recurrent_units), "of each recurrent layer"))
    if plan.family not in ("softmax", *MAPPED):
        settings.append(Setting("HIDDEN", list(plan.hidden_units), "width of each dense layer"))
    if plan.family != "softmax" and plan.dropout:
        settings.append(Setting("DROPOUT", plan.dropout))
    return tuple(settings)


def network_code(plan: ModelPlan, form: str) -> str:
    """Build the network `model` from `mean` and `variance`."""
    text = template(_NETWORKS[plan.family])
    recurrent = "LSTM" if plan.family == "lstm" else "GRU"
    layer = f"keras.layers.{recurrent}(units, return_sequences=number < len(UNITS) - 1)"
    if plan.bidirectional:
        layer = f"keras.layers.Bidirectional({layer})"
    drop = "h = keras.layers.Dropout(DROPOUT)(h)"
    text = text.replace("$RECURRENT", layer)
    text = text.replace("$DROP\n", f"{drop}\n" if plan.dropout else "\n")
    if plan.family == "softmax":
        return text
    function = _after(plan)
    entry = "" if form == "pixel" else template("net_entry").rstrip() + "\n\n"
    return f"{function}\n\n{entry}{text}"


def _after(plan: ModelPlan) -> str:
    """A function of what follows each hidden layer."""
    lines = ["", "def activated(h):", '    """What follows each hidden layer."""']
    if plan.batch_norm:
        lines.append("    h = keras.layers.BatchNormalization(momentum=0.9)(h)")
    lines.append(f'    h = keras.layers.Activation("{plan.activation}")(h)')
    if plan.dropout:
        lines.append("    h = keras.layers.Dropout(DROPOUT)(h)")
    return "\n".join([*lines, "    return h", ""])
