"""A SCIM 2.0 service provider (RFC 7643, RFC 7644) below ``/scim/v2``: how a company's directory keeps ours.

``filters`` and ``schemas`` read what is asked, ``shaping`` and ``patching`` work on documents, ``asking`` turns
filters into SQL, ``users`` and ``group_resources`` turn documents into employees and groups and back, ``api``
answers.
"""
