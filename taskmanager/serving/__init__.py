"""What Gunicorn does otherwise here: how its lines look, how a worker stops, how new code is taken."""
