#!/usr/bin/env bash
# From nothing to a verified pair of LMDBs: installs, builds, draws a sample data set, converts it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/setup.sh
PATH=$PWD/.venv/bin:$PATH

rm -rf quickstart
caffe-multilabel sample quickstart -n 2000
cd quickstart
convert_multilabel --resize_width=64 --resize_height=64 --shuffle --seed 1 --tasks tasks.yaml \
  . train.txt train_images train_labels
convert_multilabel --resize_width=64 --resize_height=64 --tasks tasks.yaml \
  . val.txt val_images val_labels
caffe-multilabel verify train_images train_labels --list train.txt --root .
caffe-multilabel verify val_images val_labels --list val.txt --root .
echo "The data set and both pairs are in quickstart/."
