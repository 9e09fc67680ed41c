"""The base model's own training: autoencoder first, then G and D in its latents.

One stage a module, each resumable by itself: what a stage leaves behind is what the next one starts from.
"""
