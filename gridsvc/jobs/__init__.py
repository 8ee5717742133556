"""The job queue in PostgreSQL (procrastinate): work after a commit, and work by the clock.

Its tables lie in a schema of their own, ``jobs``.
"""
