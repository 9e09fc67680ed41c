"""Makes pictures: model bundles, recipes, styles and the renderer that turns them into pixels.

Knows neither Qt nor torch. Importing this package costs nothing; each room imports what it needs.
"""
