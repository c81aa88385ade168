"""Losses, scores and weights that Caffe has no layer for, of layers that BVLC Caffe has.

A recipe takes a `NetBuilder`, the suffix of the names of its layers, and blobs; it adds layers and
returns the blob it made. It knows nothing of tasks.

    arithmetic      sums, products and the like, one short call each
    value_losses    N x D scores and labels to N x D losses
    class_losses    losses of classes: focal, matrices of costs
    reducing        weights and masks of values, and one number of them
    records         records of several images, and one backbone for all of these
    towers          a backbone for each of these instead, its weights shared by name
    embeddings      unit length, pairs, triplets, centers
    batch_hard      triplets that each batch finds itself
    task_weights    learned weights of losses, logarithms, a loss that the log shows
    gradients       a gradient scaled, stopped or turned round
    scores          what the log prints in TEST
    points          points of a record: some of them, or in another order
    moved_points    landmarks that move with random crop and mirror
    alignment       a figure that is 0 while images and labels are of the same records

N are the records of a batch and D the values of a record. Labels are N x D x 1 x 1, as a Data layer
and a Slice make them; recipes take their two last axes away.
"""
