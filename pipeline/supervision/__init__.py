"""Supervisors of live calls: who may want what when, who listens, who speaks."""
