from kam_kpi.orchestration.decision import needs_build


def test_what_is_published_from_the_same_inputs_is_not_built_again() -> None:
    assert not needs_build("same", "same")


def test_other_inputs_are_built() -> None:
    assert needs_build("new", "old")


def test_the_first_build_happens() -> None:
    assert needs_build("new", None)


def test_force_builds_the_same_inputs_again() -> None:
    assert needs_build("same", "same", force=True)


def test_without_an_accepted_load_there_is_nothing_to_build_from() -> None:
    assert not needs_build("new", None, nothing_accepted=True)
    assert not needs_build("new", None, nothing_accepted=True, force=True)
