"""Briefing pages: a coverage map on A4, A3 or a slide, as HTML, PNG, PDF, PPTX and XLSX.

A `sheet.Sheet` holds what a page shows; `page.page` lays it out as a `scene.Scene` in
millimetres; a painter (`browser` or `plotting`) turns the scene into PDF or PNG. An atlas
(`atlas`) is one sheet for each street or community, and an index before them.
"""
