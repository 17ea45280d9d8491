"""Curves in TensorBoard's format, for those who want them."""

from pathlib import Path

from lib.models.progress import EpochRow

FOLDER = "tensorboard"
_CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "samples_per_s")


def write_logs(run_dir: Path, rows: list[EpochRow]) -> None:
    """Write the epochs of a run anew into a folder of its run folder.

    All at once at the end of a run: an event file cannot be cut where a killed run left it. In
    the format of `tf.summary.scalar`, which itself needs TensorBoard installed.
    """
    import tensorflow as tf  # slow import
    from tensorflow.core.framework.summary_pb2 import SummaryMetadata  # slow import

    kind = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
    folder = run_dir / FOLDER
    for old in folder.glob("events*"):
        old.unlink()
    with tf.summary.create_file_writer(str(folder)).as_default():
        for row in rows:
            for name in _CURVES:
                value = tf.constant(getattr(row, name), tf.float32)
                tf.summary.write(name, value, row.epoch, kind)
