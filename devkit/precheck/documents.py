# SPDX-License-Identifier: Apache-2.0
"""The manifest, the READMEs, the privacy policy and the icon."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from devkit.precheck.remark import Files, Remark, blocks, noted, warns

_REQUIRED: Final = (
    "author", "name", "version", "type", "icon", "plugins", "privacy", "repo", "contact", "label.en_US",
    "description.en_US", "meta.version", "meta.arch", "meta.runner.language", "meta.runner.version",
    "meta.runner.entrypoint",
)  # fmt: skip
_HOSTS: Final = ("github.com", "gitlab.com", "bitbucket.org", "gitee.com", "codeberg.org", "sr.ht")
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_EXAMPLE: Final = (".example", "@example.com", "@example.org")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+")
_CJK: Final = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_FENCE: Final = re.compile(r"```.*?```", re.DOTALL)
_TOPICS: Final = ("setup", "usage", "credential", "connect")
_LOCALES: Final = ("zh_Hans", "ja_JP", "pt_BR")
_NO_MONEY: Final = "moves no money"
_FIRST_LINES: Final = 8
_TEMPLATE_ICON: Final = b"DIFY_MARKETPLACE_TEMPLATE_ICON_DO_NOT_USE"


def manifest(files: Files) -> Iterator[Remark]:
    """What the marketplace asks of manifest.yaml. Repository and contact stand there and nowhere else."""
    declared = yaml.safe_load(files["manifest.yaml"])
    for path in _REQUIRED:
        if not _at(declared, path):
            yield blocks(f"manifest.yaml has no {path}; add it")
    author = str(declared.get("author", ""))
    if "dify" in author.casefold() or "langgenius" in author.casefold():
        yield blocks(f"manifest.yaml: author {author!r} must not hold 'dify' or 'langgenius'")
    if not _VERSION.fullmatch(str(declared.get("version", ""))):
        yield blocks(
            f"manifest.yaml: version {declared.get('version')!r} must be three numbers, such as 0.2.0"
        )
    repo, contact = str(declared.get("repo", "")), str(declared.get("contact", ""))
    if repo and not any(f"://{host}/" in repo for host in _HOSTS):
        yield blocks(f"manifest.yaml: repo {repo!r} must be on {', '.join(_HOSTS)}")
    if contact and not _ADDRESS.fullmatch(contact):
        yield blocks(f"manifest.yaml: contact {contact!r} must be an e-mail address")
    if contact.endswith(_EXAMPLE):
        yield warns(f"manifest.yaml: contact {contact!r} is an example; set the address of whoever publishes")
    if not _at(declared, "meta.minimum_dify_version"):
        yield warns("manifest.yaml has no meta.minimum_dify_version")
    permissions = _at(declared, "resource.permission") or {}
    if "endpoint" in permissions and not _at(declared, "plugins.endpoints"):
        yield warns("manifest.yaml asks for endpoints and declares none; take the permission out")


def readme(files: Files) -> Iterator[Remark]:
    """README.md in English with the repository's address, and a translation for each of Dify's other languages."""
    text = files["README.md"].decode()
    repo = str(yaml.safe_load(files["manifest.yaml"]).get("repo", ""))
    if not repo or repo not in text:
        yield blocks(
            f"README.md does not name the repository {repo or '(manifest.yaml has no repo)'}; add a link"
        )
    if _CJK.search(_FENCE.sub("", text)):
        yield blocks("README.md holds Chinese or Japanese text; keep it in readme/README_<locale>.md")
    for topic in _TOPICS:
        if topic not in text.casefold():
            yield warns(f"README.md says nothing about {topic!r}")
    if _NO_MONEY not in " ".join(text.splitlines()[:_FIRST_LINES]):
        yield warns(f"README.md does not say in its first lines that the plugin {_NO_MONEY}")
    for locale in _LOCALES:
        if f"readme/README_{locale}.md" not in files:
            yield warns(f"readme/README_{locale}.md is missing")


def privacy(files: Files) -> Iterator[Remark]:
    """The privacy policy is there, and not the template."""
    text = files.get("PRIVACY.md", b"").decode()
    if not text.strip():
        yield blocks("PRIVACY.md is missing or empty")
    elif "please fill in the privacy policy" in text.casefold():
        yield blocks("PRIVACY.md is the template; say what goes where")


def icon(files: Files) -> Iterator[Remark]:
    """Every icon that the manifest names is in _assets, and not the template's."""
    declared = yaml.safe_load(files["manifest.yaml"])
    for key in ("icon", "icon_dark"):
        name = declared.get(key)
        data = files.get(f"_assets/{name}") if name else None
        if name and data is None:
            yield blocks(f"manifest.yaml: {key} {name!r} is not in _assets")
        elif data and _TEMPLATE_ICON in data:
            yield blocks(f"_assets/{name} is the template's icon")


def changelog(version: str, text: str) -> Iterator[Remark]:
    """The changelog has an entry for the version that is packed."""
    if f"## [{version}]" not in text and f"## {version}" not in text:
        yield noted(f"CHANGELOG.md has no entry for {version}")


def _at(declared: Mapping[str, Any], path: str) -> Any:
    found: Any = declared
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found
