"""Before `quarto render` in report/<study>/ (project: pre-render): stage there what the manuscript includes from the results."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INNER = (
    "import sys; from pathlib import Path; from trialpress.report.desk import beside; sys.exit(beside(*sys.argv[1:]))"
)


def main() -> int:
    python = ROOT / ".venv" / "bin" / "python"
    if not python.exists():
        print(f"{python}: there is no environment; run: make report", file=sys.stderr)
        return 1
    study = Path.cwd().name  # Quarto runs this in the project's folder
    return subprocess.run(
        [python, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'workflow')!r}); {INNER}", study, str(ROOT)],
        cwd=ROOT,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
