"""The audit trail: who did what, when, from where, what for; append-only and chained.

The modules: ``actor`` (who works in a transaction), ``models`` and ``queries`` (the trail),
``service`` (write, search, verify, prune). Its door over HTTP is with the accounts.
"""
