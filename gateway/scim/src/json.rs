//! Resources as JSON: lenient in, strict out.
