"""What the program carries along: models, starter styles, sample pictures, icons and translations.

Nothing here is code. The files are found through ``importlib.resources.files("resources")``, so they are
reached alike from a plain checkout and from an installed package.
"""
