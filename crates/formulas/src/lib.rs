//! Formula kernels: one small struct each, updated in O(1). Imports no other room.
