"""What people of a place do together: groups, standards, projects, mediation, small repairs."""
