"""Live figures and the playground: one Python class and one ES module each."""
