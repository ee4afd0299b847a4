// Exists so that one target can own the precompiled header that all others reuse.
