"""What is under test: anything that answers NumPy-named calls. Imported only in processes that may die."""
