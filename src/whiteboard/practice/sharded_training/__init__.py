"""The page on sharded training: the gradient of a batch that lies on several devices."""
