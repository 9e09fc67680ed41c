"""The settings page: preferences, models and devices, diagnostics, and who is to be thanked."""
