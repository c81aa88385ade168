#!/usr/bin/env bash
# From nothing to a verified pair of LMDBs and checked nets: installs, builds, draws a sample data
# set, converts it, looks at it, and makes its nets.
#   scripts/quickstart.sh [--train] [FOLDER]
# With --train it trains them, 600 iterations, which takes PyTorch and a few minutes without a GPU,
# and prints what each task reached beside what answering without the image would. FOLDER is
# quickstart by default. One that this script has filled is filled anew; one that holds anything
# else is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
train=
if [[ ${1-} == --train ]]; then train=1 && shift; fi
if [[ $# -gt 1 || ${1-} == -* ]]; then
  echo "usage: scripts/quickstart.sh [--train] [FOLDER]" >&2 && exit 2
fi
folder=${1:-quickstart}
made=.made_by_quickstart # names and digests of all that this script made in the folder

contents() { (
  cd "$folder"
  find . -mindepth 1 ! -path "./$made" -printf '%y %p\n' | sort
  find . -type f ! -path "./$made" -print0 | sort -z | xargs -0r sha256sum
); }

if [[ -e $folder && $(ls -A "$folder") ]]; then
  if [[ ! -f $folder/$made || $(contents) != "$(<"$folder/$made")" ]]; then
    echo "quickstart: $folder holds what this script did not make; name another folder:" \
      "bash scripts/quickstart.sh FOLDER" >&2
    exit 1
  fi
fi

bash scripts/setup.sh ${train:+train}
PATH=$PWD/.venv/bin:$PATH

rm -rf "$folder"
mkdir -p "$folder"
# What a stopped run leaves is ours too.
trap 'contents >"$folder/$made"' EXIT
cd "$folder"
folder=$PWD

run() {
  printf '\n$'
  printf ' %q' "$@"
  printf '\n'
  "$@"
}

run caffe-multilabel sample . -n 2000
run convert_multilabel --resize_width=64 --resize_height=64 --shuffle --seed 1 --tasks tasks.yaml \
  . train.txt train_images train_labels
run convert_multilabel --resize_width=64 --resize_height=64 --tasks tasks.yaml \
  . val.txt val_images val_labels
run caffe-multilabel verify train_images train_labels --list train.txt --root .
run caffe-multilabel verify val_images val_labels --list val.txt --root .
run generate_prototxt tasks.yaml -o net
run caffe-multilabel lint net/train_val.prototxt --solver net/solver.prototxt --tasks tasks.yaml
run caffe-multilabel summary net/train_val.prototxt
run caffe-multilabel report train_images train_labels --tasks tasks.yaml \
  --val val_images val_labels --net net/train_val.prototxt -o report.html

weights=
if [[ $train ]]; then
  python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' && gpu= || gpu=--cpu
  run caffe-multilabel train --solver=net/solver.prototxt $gpu --html=curves.html
  weights=", its curves in curves.html, and weights in net/"
fi

cat <<END

In $folder are the data set, both pairs, the nets in net/, and report.html for a browser$weights.
To go on:
  source .venv/bin/activate                      the commands at hand, in this shell
  caffe-multilabel --help                        what there is
  cd $folder && caffe-multilabel train --solver=net/solver.prototxt --cpu    with PyTorch: pip install '.[torch]'
  cd $folder && caffe train --solver=net/solver.prototxt    with a Caffe
Your own data, a list with a path and N numbers on each line:
  convert_multilabel --resize_width=256 --resize_height=256 --shuffle FOLDER/ LIST IMAGE_DB LABEL_DB N
  caffe-multilabel verify IMAGE_DB LABEL_DB --list LIST --root FOLDER/
END
