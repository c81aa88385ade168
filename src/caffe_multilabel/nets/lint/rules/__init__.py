"""The rules, a module a topic; `caffe_multilabel.nets.lint.table` lists them all."""
