"""The privacy gate: nothing that can tell who a participant is may stand in any file that a run leaves behind.

Looked for are the raw cells of the columns that the dictionary declares to be an identifier, and of all columns that it
does not declare at all: what nobody has looked at may be a name, an address, a telephone number. They are looked for in
every usual form in every file, whatever holds it.

A text that the records hold for another reason cannot be told from an identifier and is not looked for: a date of birth
that is also another date of a clean table, a number that is also a measurement, a word of the dictionary or the
manuscript, what the id of another participant happens to read like; of an undeclared column also what stands in a declared
one. How many those are is said, by kind.
"""

from .content import leaves, texts
from .known import Sought
from .raw import recorded, sought, undeclared
from .search import PrivacyError, gate

__all__ = ["PrivacyError", "Sought", "gate", "leaves", "recorded", "sought", "texts", "undeclared"]
