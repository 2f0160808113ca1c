"""What operators do with a whole installation: migrate it, back it up, restore it."""
