"""A package to pytest: the models that its tests share are freed before the pages run."""
