"""Backup of everything the service keeps into one file, and restore into an empty place.

A backup is a ZIP archive whose parts are stored as they are::

    database.dump   pg_dump's custom format, compressed by pg_dump
    manifest.json   written last: version, schema, date, rows per table
                    and their digests, SHA-256 of every part

The modules: ``archive`` (the file), ``tools`` (pg_dump and pg_restore), ``queries`` (what the
database says of itself), ``service`` (the work), ``commands`` (the command line).

Photos lie in the database and come with it. The key file does not: what is sealed opens only with
it, so it is kept elsewhere.

A dump is a program that the server runs when it is restored: restore only what was kept safe.
"""
