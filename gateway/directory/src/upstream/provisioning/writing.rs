//! What is changed.
