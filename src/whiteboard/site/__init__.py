"""The site: its pages read, checked, run and built."""
