"""The commands: parse the arguments, call the API, print the answer."""
