# SPDX-License-Identifier: Apache-2.0
"""A signature holds for the package that was signed, with its key, and for no other."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from devkit.package.build import write_zip
from devkit.package.signature import SignatureError, new_keys, sign, verify

AT = 1_790_000_000
FILES = {"b.txt": b"two", "a.txt": b"one"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return new_keys(tmp_path_factory.mktemp("keys") / "ours")


def signed(folder: Path, private: Path) -> Path:
    package = folder / "plugin.difypkg"
    write_zip(package, FILES)
    return sign(package, private, AT)


def test_a_signed_package_is_verified(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    assert verify(signed(tmp_path, keys[0]), keys[1]) == AT


def test_it_is_written_as_dify_reads_it(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(signed(tmp_path, keys[0])) as archive:
        said = json.loads(archive.comment)
        names = archive.namelist()

    assert names == ["b.txt", "a.txt", ".verification.dify.json"]
    assert said["time"] == AT
    assert keys[0].read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert keys[1].read_text().startswith("-----BEGIN RSA PUBLIC KEY-----")
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600


def test_a_changed_package_is_not_verified(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    package = signed(tmp_path, keys[0])
    with zipfile.ZipFile(package) as archive:
        comment = archive.comment
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    write_zip(package, {**files, "a.txt": b"other"}, comment)

    with pytest.raises(SignatureError, match="was changed"):
        verify(package, keys[1])


def test_a_package_without_a_signature_says_so(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    package = tmp_path / "plugin.difypkg"
    write_zip(package, FILES)

    with pytest.raises(SignatureError, match="is not signed"):
        verify(package, keys[1])


def test_keys_are_never_overwritten(keys: tuple[Path, Path]) -> None:
    with pytest.raises(SignatureError, match="exists"):
        new_keys(keys[0].with_name("ours"))


def test_what_is_no_key_is_refused(tmp_path: Path, keys: tuple[Path, Path]) -> None:
    (tmp_path / "key.pem").write_text("hello")

    with pytest.raises(SignatureError, match="no PEM"):
        verify(signed(tmp_path, keys[0]), tmp_path / "key.pem")
