"""Personal data as the law asks (PIPL): kept no longer than needed, told and erased on request.

The modules: ``retention`` (what is removed when), ``subjects`` (one person's data), ``sealing``
(keys and their rotation), ``queries`` (all SQL), ``tasks`` (what runs every night), ``routes``.
"""
