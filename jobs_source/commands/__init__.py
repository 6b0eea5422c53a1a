"""What people type: the parser, the process, words for errors, and a file per command."""
