"""Readiness checkpoints: one module each, one result type, one runner."""
