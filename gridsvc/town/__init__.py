"""The demonstration town: a made-up Chinese town of any size, the same for the same seed.

`generate.build_town` makes it, `write.write_town` writes it. Read in the order of the work:
warp (how a flat plan is bent) -> streets (network) -> layout (communities, blocks) -> plots
-> quarters (what stands in a block) -> buildings -> rooms -> divisions -> people -> events.
Everything is invented: no name, code or person is taken from a real place.
"""
