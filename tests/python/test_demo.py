"""The picture that the demo ends with, and the one that the README shows."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from support.installation import CHECKOUT

PICTURE = CHECKOUT / "docs" / "pictures" / "demo.svg"
DRAW = """
import sys
sys.path[:0] = [{checkout!r}, {package!r}]
from pathlib import Path
from demo import __main__ as demo
from partitioncache.web.pictures import Measured
found = [Measured("Towns & <villages> of a name", 2000.0, 19.0, False), Measured("Castles", 5.0, 6.0, True)]
demo.write_before_after(found, Path({path!r}))
"""


def words(picture: Path) -> str:
    texts = (each for each in ElementTree.parse(picture).iter() if each.tag.endswith("text"))
    return " ".join(" ".join("".join(each.itertext()).split()) for each in texts)


def test_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "new" / "demo.svg"
    program = DRAW.format(checkout=str(CHECKOUT), package=str(CHECKOUT / "python" / "src"), path=str(path))
    subprocess.run([sys.executable, "-c", program], check=True, env={"HOME": str(tmp_path)})
    for text in ("Towns & <villages> of a name", "105 ×", "New: Castles", "0.8 ×", "without the cache"):
        assert text in words(path)


def test_the_readme_shows_the_questions_of_the_demo() -> None:
    assert "](docs/pictures/demo.svg)" in (CHECKOUT / "README.md").read_text()
    shown = words(PICTURE)
    asked = re.findall(r'Question\(\s*"(.+?)"', (CHECKOUT / "demo" / "queries.py").read_text())
    assert len(asked) > 10
    for question in asked:
        assert question in shown
