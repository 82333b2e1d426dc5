"""The one error users see: what happened, where, and what to do next."""

from kam_kpi.texts import error_text


class KamError(Exception):
    """A fault that a person can mend.

    Args:
        key: `<area>.<name>` of an error text in `kam_kpi.texts`.
        where: file, line, column, record id, connection: as exact as known.
        params: values for the text's placeholders. Never a secret.
    """

    def __init__(self, key: str, *, where: str = "", **params: object) -> None:
        self.key = key
        self.where = where
        self.what, self.fix = error_text(key, **params)
        place = f"\n  where: {where}" if where else ""
        super().__init__(f"{self.what}{place}\n  fix: {self.fix}")
