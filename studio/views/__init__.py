"""What is seen: views show state and pass wishes on to commands; they decide nothing themselves."""
