"""What a net says of its data: what it reads, how large that is, what becomes of the labels."""
