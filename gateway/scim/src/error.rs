//! From what went wrong to the wire (RFC 7644 §3.12): one table.
