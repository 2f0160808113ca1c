"""Files that people send: what they are, how images are read, where they are kept, and how they are sent back."""
