"""Persons, accounts, sign-in, API keys, roles and scopes."""
