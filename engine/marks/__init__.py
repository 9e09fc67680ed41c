"""Marks that say a picture was generated: metadata, a signed manifest, a watermark, a visible label.

`marking` is the one way from pixels to a written picture; `inspection` reads everything back.
"""
