//! Whether a resource is what a filter looks for: the one place that says so (RFC 7644 §3.4.2.2).
