"""What dlt loads: the resources, which rows of a walk are new, and what a walk leaves to the next."""
