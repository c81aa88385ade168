"""The parts of the report, each as plain values that its template shows."""
