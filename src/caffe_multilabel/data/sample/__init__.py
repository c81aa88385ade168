"""A small data set of labelled images, drawn on the spot, to try every tool on."""

from __future__ import annotations

from caffe_multilabel.data.sample.dataset import SampleSummary, draw_sample

__all__ = ["SampleSummary", "draw_sample"]
