"""`course review`: the page on which people read answers and mark them."""
