"""Pages served to browsers: landing page, offline API documentation, static files."""
