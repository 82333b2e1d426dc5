"""The commands of `kam`, one module per group. What is heavy is imported when a command runs."""
