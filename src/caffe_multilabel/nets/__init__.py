"""Nets: generated from tasks, checked, and summed up."""
