"""Interface of the reading room (clean/read/), fixed between its author and the author of the rest of the clean stage."""


class Cell(NamedTuple):
    """What one cell says.

    text: what is stored, in its shortest exact form: text as it is; number '0.35', whole numbers without a point; date
    '2015-03-01' (a date cell at midnight whose format shows no time), datetime '2015-03-01T10:00:00', time '10:05:00',
    duration in seconds '5400'; boolean 'TRUE'/'FALSE'; error '#N/A'; formula (without a stored value) the formula.
    kind: text number date datetime time duration boolean error formula missing (a tagged or user-declared missing value
    of SAS, SPSS, Stata; text is its code: '.A', '-9').
    shown: as people see it, where that says something else than `text`: '35%', '007', '5.2 mg/L' (number format with a
    literal unit), a value label. '' otherwise (a mere rounding by the number format is not something else).
    """

    text: str
    kind: str = "text"
    shown: str = ""


BLANK = Cell("")


@dataclass(frozen=True)
class Encoded:
    """A column of a raw file, each distinct cell once: `cells[codes[i]]` is the cell of the i-th row."""

    codes: np.ndarray  # int32, one per row
    cells: list[Cell]


@dataclass(frozen=True)
class Remark:
    """Something that a person must know about a file: it becomes a query of that severity."""

    severity: str  # error | warning
    row: int  # physical row, 0: the file
    column: str  # header or ''
    value: str
    message: str


@dataclass(frozen=True)
class Refused:
    """A row that cannot be put into columns (too many cells, too few)."""

    row: int
    reason: str  # "has 7 cells, the header has 6"
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Raw:
    """A raw file by columns. Blank rows are not there. Refused rows are in `refused` only."""

    file: File
    headers: tuple[tuple[str, ...], ...]  # path of (normalised) headers of each column
    numbers: np.ndarray  # int64: the physical row of each row
    columns: tuple[Encoded, ...]  # one per header
    refused: tuple[Refused, ...] = ()
    remarks: tuple[Remark, ...] = ()
    date_1904: bool = False  # plain numbers that stand for dates count from 1904
    labels: Mapping[int, Mapping[str, str]]  # column index -> value labels of the file (text of the value -> label)

    def header(self, column: int) -> str: ...        # as today
    def find(self, source: str) -> list[int]: ...    # see 'headers'
    def texts(self, column) -> list[str]             # one text per row (for the few places that want it)


# functions: read(path, file) -> Raw ; read_all(study, folder) -> dict[str, Raw] ; resolve(raw, part, where) -> (found, problems) as today ;
# checksum_problems ; identifiers(study, raw) as today ; declared(study, raw) -> set of column indices that some table declares and no table declares an identifier
