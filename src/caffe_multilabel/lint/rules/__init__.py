"""The rules, a module a topic; `caffe_multilabel.lint.table` lists them all."""
