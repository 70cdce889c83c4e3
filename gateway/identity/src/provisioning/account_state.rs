//! How an account stands, as attributes that programs read and write.
