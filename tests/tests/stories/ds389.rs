//! 389 Directory Server behind the gateway.

mod direct;
