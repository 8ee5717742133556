"""The division tree, its buildings and households, and the grids and micro-grids over them.

Plans are drafted per community by the planning engine, checked, and published with a date;
published cells are never changed, only superseded by a later plan.
"""
