"""Whether a run has anything to build."""


def needs_build(
    inputs: str, published: str | None, *, nothing_accepted: bool = False, force: bool = False
) -> bool:
    """True when a build would publish something that readers do not have yet.

    Args:
        inputs: fingerprint of accepted loads, configuration, code and as-of date.
        published: fingerprint of what the current version was made from; None without one.
        nothing_accepted: no load was ever accepted, so that there is nothing to build from.
        force: build all the same.
    """
    if nothing_accepted:
        return False
    return force or inputs != published
