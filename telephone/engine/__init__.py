"""Durable execution on DBOS: the engine, the failover of dead processes, and what a workflow comes to."""
