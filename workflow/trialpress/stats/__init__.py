"""Statistics as pure functions: arrays and numbers in, a `Result` out. No file, no plan, no study column."""
