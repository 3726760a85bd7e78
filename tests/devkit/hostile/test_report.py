# SPDX-License-Identifier: Apache-2.0
"""The samples are what they say, and the table counts them right."""

import pytest

from devkit.hostile.growth import filled, word
from devkit.hostile.report import amounts_rows, counted, orders_rows
from devkit.hostile.samples import Sample, attacks, honest_amounts, look_alikes, understated_amounts


def test_there_are_as_many_samples_as_the_documents_say() -> None:
    assert len(attacks()) >= 200
    assert len(look_alikes()) >= 200
    assert len(honest_amounts()) >= 150
    assert len(understated_amounts()) >= 150
    assert {"en", "zh", "ja", "pt", "de", "fr", "es", "ar", "hi", "hidden"} <= {
        each.language for each in attacks()
    }


@pytest.mark.parametrize("unseen", [False, True])
def test_no_sample_stands_twice(unseen: bool) -> None:
    for samples in (attacks(unseen=unseen), look_alikes(unseen=unseen)):
        texts = [each.text for each in samples]
        assert len(set(texts)) == len(texts)
    assert not {each.text for each in attacks()} & {each.text for each in attacks(unseen=True)}


def test_an_understated_amount_is_above_the_stated_one() -> None:
    for unseen in (False, True):
        assert all(each.named and each.named > each.stated for each in understated_amounts(unseen=unseen))


def test_seen_samples_are_taken_as_they_should_be() -> None:
    assert [row.name for row in (*orders_rows(), *amounts_rows()) if not row.as_it_should_be] == []


def test_hits_are_counted_by_language() -> None:
    samples = [Sample("en", "yes"), Sample("en", "no"), Sample("de", "yes")]

    counts = counted(samples, lambda sample: sample.text == "yes")

    assert str(counts) == "2 of 3 (67%)"
    assert counts.by_language == {"en": (1, 2), "de": (1, 1)}
    assert counts.missed == ("en: no",)


def test_an_input_in_short_is_filled_to_its_size() -> None:
    assert filled("ab", 7) == "ababab"
    assert filled(word("<", "ab", ">"), 8) == "<ababab>"
