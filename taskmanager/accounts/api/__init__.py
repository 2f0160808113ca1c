"""What every call of the API shares, and the calls about people and tokens."""
