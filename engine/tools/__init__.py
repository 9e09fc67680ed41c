"""What measures the engine. Nothing that makes pictures loads it; `persona bench` does when it is asked."""
