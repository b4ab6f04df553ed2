# SPDX-License-Identifier: Apache-2.0
"""A policy: the YAML file that an operator writes, the struct that the desk publishes, and the way back.

Times are whole seconds. Money is a decimal number of whole units of the pool's asset; only `to_chain` needs
to know how many decimals the asset has. `examples/policy.yaml` is a commented file. In a file

- `hours` is `"24/7"`, or days (`mon` to `sun`) and spans of days to the whole hours of UTC that are open,
  with breaks: `{mon-thu: "07:00-12:00, 13:00-19:00", sat: "09:00-11:00"}`. A span of days may run over the
  end of the week (`sat-mon`); hours may end at 24:00, but not run over midnight. A day is named once;
- a duration is a whole number with `h`, `m` or `s`, or several of these: `8h`, `90m`, `1h30m`. Windows, which
  are calendar time, also take `d`; targets do not, since readers differ on what a day of open time is;
- an amount is a decimal string in quotes, or a whole number; a share is a percentage such as `"5%"`;
- `incident`, `bonds`, `fee` and `terms` may be left out. Then incidents pay nothing, the fee is 0, a
  contest's bond is the fee, proving needs no bond, and there are no terms. An incident's `bond_share` is 5 %
  unless given.
"""

from makegood.policy.chain import ChainPolicy
from makegood.policy.duration import DAY, MINUTE, format_duration, parse_duration
from makegood.policy.file import parse, read
from makegood.policy.hours import describe_hours, format_hours, parse_hours
from makegood.policy.limits import (
    AMOUNT_MAX,
    CHALLENGE_MAX,
    INCIDENT_CAP_MAX,
    NAME_BYTES_MAX,
    RULING_MAX,
    TEN_YEARS,
    TWENTY_YEARS,
    URI_BYTES_MAX,
)
from makegood.policy.money import format_amount, from_units, parse_amount, to_units
from makegood.policy.policy import Policy
from makegood.policy.section import KINDS, Bonds, Compensation, Incident, Targets, Terms, Windows
from makegood.policy.share import BASIS_POINTS, format_share, parse_share

__all__ = [
    "AMOUNT_MAX",
    "BASIS_POINTS",
    "CHALLENGE_MAX",
    "DAY",
    "INCIDENT_CAP_MAX",
    "KINDS",
    "MINUTE",
    "NAME_BYTES_MAX",
    "RULING_MAX",
    "TEN_YEARS",
    "TWENTY_YEARS",
    "URI_BYTES_MAX",
    "Bonds",
    "ChainPolicy",
    "Compensation",
    "Incident",
    "Policy",
    "Targets",
    "Terms",
    "Windows",
    "describe_hours",
    "format_amount",
    "format_duration",
    "format_hours",
    "format_share",
    "from_units",
    "parse",
    "parse_amount",
    "parse_duration",
    "parse_hours",
    "parse_share",
    "read",
    "to_units",
]
