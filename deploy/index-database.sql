-- SPDX-License-Identifier: Apache-2.0
-- A database of its own for the index: it can be dropped and made anew without touching the other.
CREATE DATABASE index OWNER makegood;
