"""Lists as people have them: tables of images read from many kinds of files, and their tasks."""
