"""Films made, remixed, edited and extended, and characters for them."""
