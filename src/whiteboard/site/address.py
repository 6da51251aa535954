"""Where the site lives: from the workflow that builds it; a local build has none."""

import os
from collections.abc import Mapping
from typing import Any


def addresses(environ: Mapping[str, str]) -> dict[str, str]:
    """Site, repository and edit address for the repository of a GitHub workflow; else none."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    if "/" not in repository:
        return {}
    owner, name = repository.split("/", 1)
    host = f"{owner.lower()}.github.io"
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    return {
        "site_url": f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/",
        "repo_url": f"{server}/{repository}",
        "edit_uri": f"edit/{environ.get('GITHUB_REF_NAME', 'main')}/docs/",
    }


def apply(config: Any) -> Any:
    """Fill what mkdocs.yml left empty; an address given there or by its variables wins."""
    for key, value in addresses(os.environ).items():
        config[key] = config[key] or value
    return config
