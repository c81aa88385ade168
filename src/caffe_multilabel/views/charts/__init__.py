"""The geometry of charts, in per cent of their width and height; templates draw them.

Charts stretch to the width of the page. So that letters do not stretch with them, curves are SVG
paths in a box of 100 by 100, and all text is HTML placed over it.
"""
