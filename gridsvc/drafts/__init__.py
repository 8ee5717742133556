"""The planner's drafts (草案): cells being edited, their revisions, how they come into force."""
