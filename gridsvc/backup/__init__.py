"""Backup of everything the service keeps into one file, and restore into an empty place.

A backup is a ZIP archive whose parts are stored as they are::

    database.dump   pg_dump's custom format, compressed by pg_dump
    media/…         photos and sounds, once events carry them; listed and checked like the dump
    manifest.json   written last: version, schema, date, rows per table, SHA-256 of every part

The modules: ``archive`` (the file), ``tools`` (pg_dump and pg_restore), ``queries`` (what the
database says of itself), ``service`` (the work), ``commands`` (the command line).

A dump is a program that the server runs when it is restored: restore only what was kept safe.
"""
