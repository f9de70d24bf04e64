"""What is held about a person, wherever it is held: shown to them whole, merged, split, erased."""

from bandmate.kernel.holdings.registry import Holding, Json, Moved, declare_holding, declared_holdings
from bandmate.kernel.holdings.rows import OwnedRows, give_back_rows, move_rows

__all__ = [
    "Holding",
    "Json",
    "Moved",
    "OwnedRows",
    "declare_holding",
    "declared_holdings",
    "give_back_rows",
    "move_rows",
]
