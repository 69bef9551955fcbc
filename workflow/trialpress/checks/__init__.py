"""A plan against the dictionary: whether what it says can mean anything, before anything runs."""
