# SPDX-License-Identifier: Apache-2.0
"""`python -m makegood`, which is `makegood`."""

from makegood.cli import main

if __name__ == "__main__":
    main()
