"""The calls about tasks and all that belongs to them: the same services as the pages, and no rule of their own."""
