"""How types of forks compute, in modules of the same subjects as `caffe.layers.forks`."""
