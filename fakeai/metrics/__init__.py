"""Families over prometheus_client, fed by events only; one CollectorRegistry per App."""
