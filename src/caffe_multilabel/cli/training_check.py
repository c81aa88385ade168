"""What `caffe-multilabel train --check` prints of a batch."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from caffe_multilabel._base.files import check_appendable
from caffe_multilabel._base.text import plural
from caffe_multilabel.cli.command import print_json
from caffe_multilabel.cli.table import print_table

if TYPE_CHECKING:
    import argparse

    from caffe_multilabel.cli.flags import TrainKeywords
    from caffe_multilabel.engine import TrainingCheck

__all__ = ["check_batch"]


def check_batch(
    solver: str, keywords: TrainKeywords, options: argparse.Namespace, *, log: str
) -> bool:
    """Check a batch of a training, print what that shows, and tell whether it is fine.

    Raises:
        OutputError: what the training would write beside its snapshots could not be.
    """
    from caffe_multilabel.engine import check_training  # noqa: PLC0415  (--help must not load it)

    check_appendable(log)
    if options.tensorboard:
        from caffe_multilabel.engine.training.tensorboard import check_board  # noqa: PLC0415

        check_board(options.tensorboard)
    check = check_training(solver, **keywords)
    if options.json:
        print_json(check.to_dict() | {"fine": check.is_fine})
    else:
        _print(check, quiet=options.quiet)
    return check.is_fine


def _print(check: TrainingCheck, *, quiet: bool) -> None:
    if not quiet:
        print_table(
            ("loss", "weight", "value", "chance"),
            [
                (
                    loss.output,
                    f"{loss.loss_weight:g}",
                    f"{loss.value:.4g}",
                    "-" if loss.chance is None else f"{loss.chance:.4g}",
                )
                for loss in check.losses
            ],
            right="weight value chance",
        )
    for finding in check.findings:
        if not finding.is_note:
            sys.stdout.write(f"found: {finding}\n")
        elif not quiet:
            sys.stdout.write(f"note: {finding}\n")
    if quiet:
        return
    if check.gradients:
        least, most = (pick(check.gradients, key=lambda one: one.gradient) for pick in (min, max))
        sys.stdout.write(
            f"gradients of {plural(len(check.gradients), 'layer')}: {least.gradient:.2g} "
            f"({least.layer}) to {most.gradient:.2g} ({most.layer})\n"
        )
    if check.is_fine:
        sys.stdout.write("nothing was found in one batch of each net\n")
