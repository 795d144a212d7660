"""Neural networks in pure Python, standard library only."""
