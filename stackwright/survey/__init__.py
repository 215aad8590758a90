"""Reports on whole stacks: what is there, beside what was declared and what the other stack has."""
