"""The studio's own small parts: buttons, sliders, notices, overlays. They know no pictures and no models."""
