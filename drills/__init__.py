"""Long tests: fuzzing, and processes that are killed (`make fuzz`, `make drill`)."""
