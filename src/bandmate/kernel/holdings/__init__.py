"""What is held about a person, wherever it is held: shown to them whole, merged, split, erased."""

from bandmate.kernel.holdings.registry import Holding, declare_holding, declared_holdings

__all__ = ["Holding", "declare_holding", "declared_holdings"]
