"""Pages to look at in a browser: their markup, their pictures, and the server that shows them."""
