# SPDX-License-Identifier: Apache-2.0
"""The views of the pages as JSON, and the OpenAPI document that says what is in them."""
