# SPDX-License-Identifier: Apache-2.0
"""The peers' own contracts on anvil: every step is one that they take."""

from collections.abc import Iterator

import pytest
from web3 import Web3

from benchmarks import eas, uma
from benchmarks.node import anvil


@pytest.fixture(scope="module")
def w3() -> Iterator[Web3]:
    with anvil() as found:
        yield found


@pytest.mark.skipif(not eas.EAS.is_dir(), reason="needs the npm packages that `make bench` installs")
def test_eas_stamps_and_attests(w3: Web3) -> None:
    found = eas.measure(w3)
    assert found.name == "EAS 1.4.0"
    # A word that was zero is written for each digest, several for an attestation.
    assert 20_000 < found.each_further < found.timestamp < found.attest


@pytest.mark.skipif(not uma.UMA.is_dir(), reason="needs the npm packages that `make bench` installs")
def test_uma_settles_with_and_without_a_dispute(w3: Web3) -> None:
    found = uma.measure(w3)
    assert found.name == f"UMA OOv3 (npm {uma.version(uma.UMA)})"
    assert 100_000 < found.undisputed < found.disputed
    # Words that were zero before are not in it: another run takes the same, but for zero bytes of addresses.
    assert abs(uma.measure(w3).disputed - found.disputed) < 1_000
