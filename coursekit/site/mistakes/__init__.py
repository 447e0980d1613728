"""The catalogue of mistakes as pages: each with its sentence, and a line that shows it."""
