"""What is known of Caffe: its schema, its layer types, how it sets a net up."""
