# SPDX-License-Identifier: Apache-2.0
"""`makegood serve`: all services of one settings file, a process each, and each of them alone."""

SERVICES = ("index", "explorer", "bridge", "keeper")
ALWAYS = ("index", "explorer")
"""The others run where the settings file has their section."""
