"""A net as a drawing: which layers become boxes, where they stand, and which task is where."""
