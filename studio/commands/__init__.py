"""What a person can do, each as one named act: it reports what changed and who asked, and can be undone."""
