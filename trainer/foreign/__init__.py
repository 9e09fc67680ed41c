"""Networks from elsewhere: files that nobody here wrote, read without running anything that they name."""
