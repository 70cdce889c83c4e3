//! What there is to provision, as documents (RFC 7643 §5 to §7).
