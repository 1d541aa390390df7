"""What an operator's tools ask a running process: whether it lives, whether it is ready, and its figures."""

from telephone.web.operations.page import OperationsPage, Readiness

__all__ = ["OperationsPage", "Readiness"]
