"""The verdicts of a run, added up and shown: JSON, Markdown, JUnit XML, terminal, and a script for one divergence."""
