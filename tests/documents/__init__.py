"""What the documents say of the code, made from the code."""
