# SPDX-License-Identifier: Apache-2.0
"""What each page shows: a view, a plain dataclass, built from the index. HTML and JSON are made of it."""
