"""The machinery of jobs: who does them, what happens when one fails, and where the lost ones are seen."""
