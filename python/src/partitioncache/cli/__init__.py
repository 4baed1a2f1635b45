"""The command line: ``pcache`` and its parts. See docs/commands.md."""
