"""Calls, legs, carriers and queues; nothing about words."""
