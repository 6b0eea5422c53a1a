"""The race: this project beside dlt's own REST source, a floor without dlt, and the network alone."""
