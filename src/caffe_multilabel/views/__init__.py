"""What people look at: statistics, records, reports and training logs."""
