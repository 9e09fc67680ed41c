from __future__ import annotations

from trainer.data.split import Member, split


def singles(count: int, label: str = "all", first: int = 0) -> list[Member]:
    return [Member(f"{label}{first + n}", label, first + n) for n in range(count)]


def test_holds_back_a_tenth() -> None:
    sides = split(singles(200))
    assert sides.count("val") == 20
    assert split(singles(200)) == sides


def test_few_pictures_are_all_trained_on() -> None:
    assert set(split(singles(7))) == {"train"}


def test_clusters_stay_together() -> None:
    members = [Member(str(n), "all", n // 3) for n in range(90)]
    sides = split(members)
    assert "val" in sides
    for cluster in range(30):
        assert (
            len({side for member, side in zip(members, sides, strict=True) if member.cluster == cluster}) == 1
        )


def test_every_label_gets_its_share() -> None:
    members = [*singles(100, "a"), *singles(50, "b", 100)]
    sides = split(members)
    held = [member.label for member, side in zip(members, sides, strict=True) if side == "val"]
    assert held.count("a") == 10
    assert held.count("b") == 5


def test_small_labels_together_still_give_some() -> None:
    members = [member for label in range(6) for member in singles(4, f"s{label}", 4 * label)]
    assert split(members).count("val") == 2


def test_one_large_cluster_leaves_nothing_to_hold_back() -> None:
    assert set(split([Member(str(n), "all", 0) for n in range(50)])) == {"train"}


def test_a_large_cluster_stays_in_training() -> None:
    members = [Member(f"big{n}", "all", 0) for n in range(60)] + singles(60, first=1)
    held = [member for member, side in zip(members, split(members), strict=True) if side == "val"]
    assert len(held) == 12
    assert all(member.cluster != 0 for member in held)


def test_sides_are_kept_when_the_folder_grows() -> None:
    old = singles(100)
    before = {member.key: side for member, side in zip(old, split(old), strict=True)}
    grown = [*old, *singles(60, first=100)]
    sides = split(grown, before=before)
    assert [before[member.key] for member in old] == sides[:100]
    assert sides.count("val") == 16


def test_a_cluster_that_was_trained_on_is_never_held_back() -> None:
    members = [Member("old", "all", 0), Member("new", "all", 0), *singles(20, first=1)]
    before = {"old": "train", "new": "val"}
    assert split(members, before=before)[:2] == ["train", "train"]
