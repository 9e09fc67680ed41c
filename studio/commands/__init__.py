"""What a person can do, each as one named act that can be undone."""
