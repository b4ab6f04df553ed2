# SPDX-License-Identifier: Apache-2.0
"""A policy written in the shape of its file."""

import yaml
from policy_file import MINIMAL

from makegood import policy


def test_policy_written_as_a_file_is_the_same_policy(good: policy.Policy) -> None:
    assert policy.parse(yaml.safe_dump(good.to_document())) == good


def test_defaults_written_as_a_file_are_the_same_policy(required_only: policy.Policy) -> None:
    assert policy.parse(yaml.safe_dump(required_only.to_document())) == required_only


def test_terms_without_a_digest_are_written_without_one() -> None:
    linked = policy.parse(MINIMAL + "terms: {uri: ipfs:abc}\n")
    assert linked.to_document()["terms"] == {"uri": "ipfs:abc"}
