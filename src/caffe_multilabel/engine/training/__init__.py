"""Trainings as `caffe train` runs them: signals, snapshots to go on from, what went wrong."""
