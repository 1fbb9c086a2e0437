"""The report of a run: figures and one self-contained page, read from the journal by a process of its own."""
