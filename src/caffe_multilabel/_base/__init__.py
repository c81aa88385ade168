"""What every part leans on: arguments, text, files. Knows nothing of Caffe, labels or data."""
