"""A network behind a rented endpoint of Vertex AI, which Earth Engine asks for predictions."""
