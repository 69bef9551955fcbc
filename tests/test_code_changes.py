"""The changes that are made to the package to see whether its tests would see them."""

from code_changes import mutants

TEXT = '''"""A text with 1 < 2."""
FIRST = -1
BIG = 1e22


def f(a: int = 2, *, first=min) -> bool:
    """Whether a < 3."""
    return (a) <= 3 and not (a in (
        4,
        5,
    )) or f"{a + 1}" + "x"


class C:
    x = lambda a: a.max() - 1
'''


def test_every_change_of_a_file():
    found = mutants("f.py", TEXT)
    assert [(one.lines, one.old, one.new, one.function) for one in found] == [
        ((2, 2), "-", "", False), ((2, 2), "1", "2", False), ((3, 3), "1e22", "2e+22", False), ((6, 6), "min", "max", False), ((6, 6), "2", "3", False),
        ((8, 11), "or", "and", True), ((8, 11), "and", "or", True), ((8, 8), "<=", "<", True), ((8, 8), "3", "4", True), ((8, 11), "not", "", True),
        ((8, 11), "in", "not in", True), ((9, 9), "4", "5", True), ((10, 10), "5", "6", True), ((15, 15), "-", "+", True), ((15, 15), "max", "min", True),
        ((15, 15), "1", "2", True),
    ]  # fmt: skip


def test_a_change_is_one_piece_of_the_text():
    for one in mutants("f.py", TEXT):
        changed = one.apply(TEXT.encode()).decode()
        assert changed != TEXT and abs(len(changed) - len(TEXT)) <= 5
        compile(changed, "f.py", "exec")
        assert one.on({"f.py": {one.lines[1]}}) and not one.on({"f.py": {99}}) and not one.on({})
