# SPDX-License-Identifier: Apache-2.0
"""`makegood doctor`: looks at all that services need, and says what to do. It changes nothing."""

from makegood.doctor.examining import examine
from makegood.doctor.finding import Finding, State

__all__ = ["Finding", "State", "examine"]
