"""Solvers: how weights are trained, with Caffe's formulas and order, and what they leave."""
