"""How well and how fast land is split into cells, beside other methods on the same atoms."""
