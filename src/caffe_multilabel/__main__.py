"""`python -m caffe_multilabel` is the command `caffe-multilabel`."""

import sys

from caffe_multilabel.cli.main import main

sys.exit(main())
