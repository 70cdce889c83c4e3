//! How the process lives with whoever runs it: signals, the service manager, the bound on open files.

pub mod open_files;
pub mod service_manager;
pub mod signals;
