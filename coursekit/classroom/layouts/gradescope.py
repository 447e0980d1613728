"""Whose the folders of a Gradescope export are, as the submission_metadata.yml beside them says.

For each folder it lists `:submitters:`, each with `:name`, `:sid` and `:email`; several of a group. Its keys are Ruby
symbols, and what stands under the folders' other keys (`:results`, `:history`) can be long and of any kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

METADATA = "submission_metadata.yml"


def submitters(folder: Path) -> dict[str, list[str]]:
    """By name of a submission's folder, who handed it in: by e-mail, else by student number, else by name.

    Raises:
        OSError: it cannot be read, or is not what Gradescope writes.
    """
    path = folder / METADATA
    if not path.is_file():
        return {}
    import yaml  # takes 20 ms, and most folders come from elsewhere

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # texts, lists and tables: no tag makes anything else
    try:
        content = yaml.load(path.read_bytes(), Loader=loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise OSError(
            f"{path} cannot be read: export it again from Gradescope, or delete it to grade under the folders' names."
        )
    return {name: _names(about) for name, about in content.items() if isinstance(about, dict)}


def _names(about: Mapping[str, Any]) -> list[str]:
    listed = about.get(":submitters", [])
    people = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    named = [[each.get(key) for key in (":email", ":sid", ":name")] for each in people]
    found = [next((name.strip() for name in each if isinstance(name, str) and name.strip()), "") for each in named]
    return [name for name in dict.fromkeys(found) if name]
