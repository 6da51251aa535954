"""The recorded comparisons: retrieval put to labelled queries."""
