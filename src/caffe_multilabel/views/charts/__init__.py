"""Charts: the layout of plots and histograms, their colours, and what draws them.

`scale` and `palette` are below `plot` and `histogram`, which lay out; `svg` and `figure` draw.
"""
