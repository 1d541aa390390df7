"""What a process counts of its own work, in Prometheus's terms; the operations page shows it at /metrics.

Labels name models, states and routes: never a server, a member or a text.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_SLOW: Final = (0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640)

STEPS: Final = Counter("telephone_steps", "Steps that were played and stored.", ["player", "kind"])
STEP_SECONDS: Final = Histogram(
    "telephone_step_seconds", "From asking a player to its stored answer.", ["player"], buckets=_SLOW
)
SPENT: Final = Counter("telephone_spent_usd", "What stored steps cost, in US dollars.", ["player"])
FAILURES: Final = Counter(
    "telephone_player_failures", "Calls of players that ended without an answer.", ["player", "error"]
)
DOUBTS: Final = Counter(
    "telephone_doubted_calls", "Calls made again of which the one before may have been billed.", ["player"]
)
OUTAGES: Final = Counter("telephone_outages", "Work that had to wait since a service did not answer.", ["error"])
REQUESTS: Final = Counter("telephone_discord_requests", "Requests that Discord answered.", ["method", "status"])
SWEEPS: Final = Counter("telephone_sweeps", "Looks for stored work that no process runs.", ["outcome"])
LATE: Final = Histogram(
    "telephone_loop_late_seconds",
    "How late the event loop ran what was due.",
    buckets=(0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5),
)
GAMES: Final = Gauge("telephone_games", "Games that have not ended, by state; of the whole database.", ["state"])
STORE_UP: Final = Gauge("telephone_store_up", "1 where the database answered at this scrape, else 0.")
TAKEN_TODAY: Final = Gauge(
    "telephone_taken_today_usd", "What is spent or reserved on this UTC day, in US dollars; of the whole database."
)
CAP: Final = Gauge("telephone_cap_usd", "The most that may be taken in a day, in US dollars.")
