"""Who may do what, and where: accounts, roles, areas, sign-in, API keys.

The modules: ``roles`` (what each role may), ``identity`` (who is asking), ``passwords``,
``tokens`` and ``second_factor`` (how somebody proves who they are), ``access`` (what every route
declares), ``service`` (what the office does), ``pages`` and ``routes`` (its doors).
"""
