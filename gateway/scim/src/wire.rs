//! Filters and paths: one grammar, read by hand with budgets.
