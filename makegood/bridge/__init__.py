# SPDX-License-Identifier: Apache-2.0
"""The bridge: a helpdesk's webhooks in, a desk's tickets and replies out to the batch lane, receipts back.

A *delivery* is one request of a webhook, a *message* what a delivery says of a ticket. docs/bridge.md is the
page.
"""
