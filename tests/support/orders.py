"""A ledger of deletion orders in memory."""

from telephone.privacy.orders import DeletionOrders


def no_orders() -> DeletionOrders:
    """An empty ledger."""
    return DeletionOrders.at("memory:///", lambda: b"key")
