"""What the assistant understands, decides and says."""
