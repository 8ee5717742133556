"""How work is judged: indicators, surveys, stars, rewards."""
