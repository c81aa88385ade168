"""Losses, scores and weights that Caffe has no layer for, of layers that BVLC Caffe has.

A recipe takes a `NetBuilder`, the suffix of the names of its layers, and blobs; it adds layers and
returns the blob it made. It knows nothing of tasks.

    arithmetic      sums, products and the like, one short call each
    value_losses    N x D scores and labels to N x D losses
    reducing        weights and masks of such losses, and one number of them
    embeddings      images of one record, unit length, pairs, triplets
    task_weights    learned weights of losses, logarithms, a loss that the log shows
    gradients       a gradient scaled, stopped or turned round
    scores          what the log prints in TEST
    points          points of a record: picked, exchanged
    moved_points    landmarks that move with random crop and mirror

N are the records of a batch and D the values of a record. Labels are N x D x 1 x 1, as a Data layer
and a Slice make them; recipes take their two last axes away.
"""
