"""The map: where streets and open issues lie, as values to draw."""
