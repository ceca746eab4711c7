"""What leaves the live tabs for those of the years: issues one by one, what the service wrote a month at a time."""
