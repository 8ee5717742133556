"""What there is to do and who may do it: matters (事项) and powers (权力清单)."""
