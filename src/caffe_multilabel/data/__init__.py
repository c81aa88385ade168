"""Lists, records and pairs of LMDBs: made, checked, changed and taken apart."""
