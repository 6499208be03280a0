"""filters/README.md: made from the first lines of the filters' READMEs."""
import re
from pathlib import Path

STEPS = {2: "Who may come in", 3: "As whom, with which rights", 4: "How often", 5: "What is changed on the way"}
FIRST_LINE = re.compile(r"# (\S+) \(step ([2-5])\): (.+)")

HEAD = """# Filters

Each folder is a plugin: one shared object that uses the public ABI (`../api/plugin`, `../plugins/sdk/cpp`) and nothing
else, loaded by its name (`plugin: jwt`) without further ado. `tools/new filter NAME` makes a folder like these.

Of the seven steps of a request these are 2 to 5; 1 is the protocol (`core/http`, `core/traffic/downstream`), 6 the route
(`core/traffic/route`, `core/traffic/cluster`), 7 the call (`core/traffic/upstream`). A listener may have them in any
order. This page is made from the first lines of the filters' READMEs by `tools/new readme`.
"""


def read_first_lines(root):
    """[(step, name, what)] and complaints (file, message)."""
    found, complaints = [], []
    for folder in sorted(path for path in Path(root, "filters").glob("*") if (path / "filter.cc").exists()):
        readme = folder / "README.md"
        line = readme.read_text(encoding="utf-8").partition("\n")[0] if readme.exists() else ""
        match = FIRST_LINE.fullmatch(line.strip())
        if match and match.group(1) == folder.name:
            found.append((int(match.group(2)), match.group(1), match.group(3)))
        else:
            complaints.append((f"filters/{folder.name}/README.md",
                               f"its first line reads `# {folder.name} (step 2..5): what it does`"))
    return found, complaints


def make(root):
    found, _ = read_first_lines(root)
    text = HEAD
    for step, title in STEPS.items():
        rows = [(name, what) for number, name, what in found if number == step]
        if rows:
            text += f"\n## {step}. {title}\n\n| filter | |\n|---|---|\n"
            text += "".join(f"| [{name}]({name}/README.md) | {what} |\n" for name, what in rows)
    return text
