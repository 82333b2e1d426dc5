"""What a contract table is made from, and whether it can be made again by keys alone."""

from collections.abc import Mapping
from dataclasses import dataclass

LoadState = tuple[str, int, bool]
"""stage_id, release_order, is_current: what of a load decides which of its rows are in force."""
Identity = tuple[str, frozenset[LoadState]]
_FEW = 4
"""Keys are looked up while they are at most one in so many rows; else everything is made again."""


@dataclass(frozen=True)
class Conformed:
    """Fingerprint of the code that makes the table, and its loads with their number of rows."""

    code: str
    loads: Mapping[LoadState, int]

    @property
    def identity(self) -> Identity:
        """Equal as long as making the table again would give the same rows."""
        return self.code, frozenset(self.loads)

    def few_new(self, before: Identity | None) -> list[str]:
        """Stage ids of the loads that came or changed, if their keys alone need to be looked at.

        Empty when the table has to be made as a whole: by other code, after a load was taken away,
        or when too much is new.
        """
        if before is None or before[0] != self.code:
            return []
        gone = {stage_id for stage_id, _, _ in before[1]} - {load[0] for load in self.loads}
        new = [load for load in self.loads if load not in before[1]]
        if gone or _FEW * sum(self.loads[load] for load in new) > sum(self.loads.values()):
            return []
        return sorted(stage_id for stage_id, _, _ in new)
