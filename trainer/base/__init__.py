"""The base model's own training: autoencoder first, then G and D in its latents.

One stage a module, each resumable by itself, and what a stage leaves behind is what the next one starts from:

    python -m trainer base all --out FOLDER --portraits SET [--large SET]

`autoencoder` learns from crops; `latents` turns the set into latents once, with who is shown and how;
`encoders` learns look and persona on them; `gan` learns to make latents, first from the pictures' own z, then
against an adversary; `polish` moves the decoder alone on what G makes. `bundle` writes the model that the
program opens.
"""
