"""The evidence portfolio: what a person did, owned by the person, confirmed by those who were there."""
