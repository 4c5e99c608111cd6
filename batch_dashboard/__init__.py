"""Batch Dashboard: stores the batch runs of a CI and shows their health and costs."""
