"""The demo company: a believable Russian B2B firm whose every number follows from a seed."""
