"""What people look at: statistics, records, training logs and reports.

Rooms ask only those before them: `images` and `charts`, then `stats`, then `page` (the frame of all
pages, with their templates), then `show` and `log`, then `report`. `doctor` asks none of them.
"""
