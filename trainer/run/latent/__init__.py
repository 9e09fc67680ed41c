"""Networks that make latents."""
