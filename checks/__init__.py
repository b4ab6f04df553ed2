# SPDX-License-Identifier: Apache-2.0
"""What `make check` asks of the build; each module is one check, run as `python -m checks.NAME`."""
