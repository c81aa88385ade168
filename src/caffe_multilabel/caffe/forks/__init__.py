"""Nets and solvers of forks, which have schemas of their own, seen as BVLC Caffe's."""
