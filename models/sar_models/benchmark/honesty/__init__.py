"""``benchmark honesty``: what is said about right pairs, wrong pairs and pairs with two answers."""
