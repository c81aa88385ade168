"""Images made fit to be looked at."""
