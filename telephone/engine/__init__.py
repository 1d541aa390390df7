"""Durable execution on DBOS: the engine, the failover of dead processes, and the outcomes of steps."""
