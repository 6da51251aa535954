"""One budget after another, split by every published fit."""

from whiteboard.architecture.published_laws import GOPHER_BUDGET, PUBLISHED
from whiteboard.architecture.scaling_laws import optimum

budgets = {"1e19 FLOPs": 1e19, "Gopher's": GOPHER_BUDGET, "3.8e25": 3.8e25}
print("                        ", "".join(f"{name:>19}" for name in budgets))
for name, law in PUBLISHED.items():
    splits = [optimum(law, compute) for compute in budgets.values()]
    cells = [f"{n / 1e9:,.1f}B x {d / n:,.3g}" for n, d in splits]
    print(f"{name:24}", "".join(f"{cell:>19}" for cell in cells))
